import type { ServerResponse } from 'node:http';
import type { Refusal } from './tell-refusal.js';
import { writeHeaders } from './write-headers.js';

/** Writes a denial. It is never left to an error handler, which might make something else of it. */
export function writeRefusal(res: ServerResponse, { status, headers, body }: Refusal): void {
  if (res.headersSent) {
    res.destroy(); // somebody began to answer before the guard: what they wrote can't be unsaid, but it ends here
    return;
  }
  res.statusCode = status;
  writeHeaders(res, headers);
  res.setHeader('content-length', Buffer.byteLength(body));
  res.end(body);
}
