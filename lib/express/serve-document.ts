import type { PublishedDocument } from '../gate/publish-documents.js';
import type { Handler } from './handler.js';

/** A handler that answers with a document. */
export function serveDocument(compose: () => PublishedDocument | Promise<PublishedDocument>): Handler {
  return function serveCountersignDocument(_req, res, next) {
    Promise.resolve()
      .then(compose)
      .then(({ headers, body }) => {
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
        res.setHeader('content-length', Buffer.byteLength(body));
        res.end(body);
      })
      .catch(next);
  };
}
