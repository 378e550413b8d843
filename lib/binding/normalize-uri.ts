const HTTP_URI = /^(https?):\/\/([^/?#]*)([^?#]*)(?:\?[^#]*)?(?:#.*)?$/i;
/** A registered name or IPv4 address, or an IPv6 address in brackets; then a port. User information is none of these. */
const AUTHORITY = /^((?:[a-z0-9._~!$&'()*+,;=-]|%[0-9a-f]{2})+|\[[0-9a-f:.]+\])(?::(\d{0,5}))?$/i;
/** What may stand in a path (RFC 3986 section 3.3), and nothing that some parsers read as something else. */
const PATH = /^(?:\/(?:[a-z0-9._~!$&'()*+,;=:@-]|%[0-9a-f]{2})*)*$/i;
const UNRESERVED = /[A-Za-z0-9._~-]/;
/** Scheme and authority of an absolute form, in a grammar about whose end no two parsers differ. */
const ABSOLUTE = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=\/|$)/i;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=\/|$)/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * An HTTP URI without its query and fragment, in the one spelling that all equivalent ones share (RFC 3986 sections 6.2.2
 * and 6.2.3): letters of scheme and host, percent-encoding, dot segments, default port, empty path. Nothing is decoded
 * that could mean something else: `%2F` stays. Undefined for what is no such URI.
 */
export function normalizeUri(text: string): string | undefined {
  const [, scheme = '', authority = '', path = ''] = HTTP_URI.exec(text) ?? [];
  const [, host, port = ''] = AUTHORITY.exec(authority) ?? [];
  if (host === undefined || !PATH.test(path)) return undefined;
  const name = scheme.toLowerCase();
  const number = port.replace(/^0+(?=\d)/, '');
  const shownPort = number === '' || number === DEFAULT_PORTS[name] ? '' : `:${number}`;
  return `${name}://${normalizeEncoding(host).toLowerCase()}${shownPort}${normalizePath(path)}`;
}

/**
 * The path of a request target (RFC 9112 section 3.2), without its query. Undefined where it has none, and where it has dot
 * segments: routers take them as they stand, so what they lead to is another handler than that of the path they stand for.
 */
export function readTargetPath(target: string): string | undefined {
  const path = target.replace(ABSOLUTE, '');
  if (path === '' && target !== '') return '/';
  const [only = ''] = path.split(/[?#]/, 1);
  return only.startsWith('/') && !DOT_SEGMENT.test(only) ? only : undefined;
}

function normalizePath(path: string): string {
  return removeDotSegments(normalizeEncoding(path)) || '/';
}

function normalizeEncoding(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (encoded: string, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
}

/** RFC 3986 section 5.2.4, for a path that is absolute or empty. */
function removeDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [at, segment] of segments.entries()) {
    const isDot = segment === '.' || segment === '..';
    if (segment === '..') kept.pop();
    if (!isDot) kept.push(segment);
    else if (at === segments.length - 1) kept.push('');
  }
  return segments.length === 0 ? '' : `/${kept.join('/')}`;
}
