import { boundTime } from '../events/bound-time.js';
import { readLearnedUrl } from '../http/read-remote-url.js';
import { fetchJson } from './fetch-json.js';

/** The first place is given up after this, so that there is time for the second. */
const PATIENCE_MILLISECONDS = 1000;

/**
 * The `jwks_uri` of an issuer, from RFC 8414 metadata or, where there is none, from OpenID Connect Discovery. The
 * issuer that the metadata names must be identical to the one trusted (RFC 8414 section 3.3): no slash or case is forgiven.
 */
export async function discoverJwksUri(
  issuer: string,
  { allowHttp, signal }: { readonly allowHttp: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const failures: string[] = [];
  const [first, second] = metadataUrls(issuer);
  const places = [
    () => boundTime(PATIENCE_MILLISECONDS, (until) => fetchJson(first, until)),
    () => fetchJson(second, signal),
  ];
  for (const ask of places) {
    try {
      return readJwksUri((await ask()).value, issuer, allowHttp);
    } catch (error) {
      signal.throwIfAborted();
      failures.push((error as Error).message);
    }
  }
  throw new Error(`no usable metadata: ${failures.join('; ')}`);
}

/** RFC 8414 section 3.1 puts the well-known part between host and path, OpenID Connect Discovery after the path. */
function metadataUrls(issuer: string): readonly [string, string] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

function readJwksUri(metadata: unknown, issuer: string, allowHttp: boolean): string {
  const { issuer: named, jwks_uri: jwksUri } = (metadata ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
  if (named !== issuer) throw new Error('the metadata is of another issuer');
  return readLearnedUrl('jwks_uri', jwksUri, { writtenUrl: issuer, allowHttp });
}
