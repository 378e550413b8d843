import { describeUrl, readBody } from '../http/read-body.js';

const MAX_BYTES = 256 * 1024;
const MAX_ETAG_LENGTH = 256;

/** JSON as a server gave it, and what it said about keeping it. */
export interface JsonAnswer {
  readonly value: unknown;
  /** The validator of this answer (RFC 9110 section 8.8.3). */
  readonly etag?: string;
  /** For how long it is fresh (RFC 9111 section 4.2.1), where the server says. */
  readonly maxAgeSeconds?: number;
}

/**
 * JSON from an issuer: no redirect is followed, nothing past 256 KiB is read, and the signal bounds it all. `known` is
 * given again where the server says that it still holds (304).
 */
export async function fetchJson(url: string, signal: AbortSignal, known?: JsonAnswer): Promise<JsonAnswer> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: {
      accept: 'application/json, application/jwk-set+json',
      ...(known?.etag !== undefined && { 'if-none-match': known.etag }),
    },
    signal,
  });
  const freshness = readFreshness(response.headers);
  if (response.status === 304 && known?.etag !== undefined) {
    return { value: known.value, etag: known.etag, ...freshness };
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${describeUrl(url)} answered ${response.status}`);
  }
  const etag = response.headers.get('etag');
  return {
    value: JSON.parse((await readBody(response, { maxBytes: MAX_BYTES, signal })).toString('utf8')),
    ...(etag !== null && etag.length <= MAX_ETAG_LENGTH && { etag }),
    ...freshness,
  };
}

/** `Cache-Control` as a private cache reads it (RFC 9111 section 5.2.2), less the `Age` that caches on the way added. */
function readFreshness(headers: Headers): { readonly maxAgeSeconds?: number } {
  const directives = (headers.get('cache-control') ?? '').toLowerCase().split(',');
  const names = directives.map((directive) => directive.trim());
  if (names.includes('no-store') || names.includes('no-cache')) return { maxAgeSeconds: 0 };
  const maxAge = names
    .map((name) => /^max-age="?(\d{1,10})"?$/.exec(name)?.[1])
    .find((seconds) => seconds !== undefined);
  if (maxAge === undefined) return {};
  const age = /^\d{1,10}$/.exec(headers.get('age') ?? '')?.[0] ?? 0;
  return { maxAgeSeconds: Math.max(0, Number(maxAge) - Number(age)) };
}
