/** A path alone: neither the query nor, in absolute form (RFC 9112 section 3.2.2), the user before it. */
export function readPath(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}
