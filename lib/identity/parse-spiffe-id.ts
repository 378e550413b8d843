/** A SPIFFE ID in its parts. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** What names the workload within it, with its leading slash; empty for the ID of the trust domain itself. */
  readonly path: string;
}

const MAX_LENGTH = 2048;
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/;

/**
 * A SPIFFE ID by the grammar of SPIFFE-ID section 2, letter by letter: URL parsers hide user information, fold dot
 * segments and decode, so none is asked.
 *
 * @throws {TypeError} for anything outside the grammar; its message doesn't repeat the text
 */
export function parseSpiffeId(text: string): SpiffeId {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) {
    throw new TypeError(`countersign: a SPIFFE ID is text of at most ${MAX_LENGTH} characters`);
  }
  const [, trustDomain, path] = SPIFFE_ID.exec(text) ?? [];
  if (trustDomain === undefined || path === undefined) {
    throw new TypeError(
      'countersign: a SPIFFE ID is spiffe://, a trust domain (a-z 0-9 . _ -) and path segments (A-Z a-z 0-9 . _ -), none of them empty',
    );
  }
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new TypeError('countersign: a SPIFFE ID has no segments . or ..');
  }
  return { trustDomain, path };
}
