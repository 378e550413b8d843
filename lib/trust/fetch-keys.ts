import type { Clock } from '../options.js';
import { discoverJwksUri } from './discover-jwks-uri.js';
import { fetchJson, type JsonAnswer } from './fetch-json.js';
import type { FetchedKeys, FetchKeys } from './key-source.js';
import type { JwksClient } from './trusted-issuer.js';

/** All that one fetch may take, whatever the server drips. */
const DEADLINE_MILLISECONDS = 3000;
/** An issuer may move its keys and leave the old place at work: now and then the metadata is asked again. */
const REDISCOVER_SECONDS = 3600;

/** Bounds one fetch. */
export function startDeadline(): AbortSignal {
  return AbortSignal.timeout(DEADLINE_MILLISECONDS);
}

/** Keys from where the issuer's metadata says that they are. */
export function fetchByDiscovery(
  issuer: string,
  { allowHttp, now }: { readonly allowHttp: boolean; readonly now: Clock },
): FetchKeys {
  const fetchKeySet = rememberAnswer();
  let jwksUri: string | undefined;
  let discoveredAt = 0;

  async function discover(signal: AbortSignal): Promise<string> {
    if (jwksUri !== undefined && Math.abs(now() - discoveredAt) < REDISCOVER_SECONDS) return jwksUri;
    jwksUri = await discoverJwksUri(issuer, { allowHttp, signal });
    discoveredAt = now();
    return jwksUri;
  }

  return async () => {
    const signal = startDeadline();
    try {
      return await fetchKeySet(await discover(signal), signal);
    } catch (error) {
      jwksUri = undefined; // the metadata may have changed: it is asked for again
      throw error;
    }
  };
}

/** Keys from a URL. */
export function fetchFromUri(jwksUri: string): FetchKeys {
  const fetchKeySet = rememberAnswer();
  return () => fetchKeySet(jwksUri, startDeadline());
}

/** Keys from a client that exists already. */
export function fetchFromClient(client: JwksClient): FetchKeys {
  return async () => ({ keys: await withDeadline(client.getKeys()) });
}

/** Fetches by jwks-rsa, and asks only for what changed since its last answer from the same place. */
function rememberAnswer(): (jwksUri: string, signal: AbortSignal) => Promise<FetchedKeys> {
  let known: { readonly from: string; readonly answer: JsonAnswer } | undefined;
  return async function fetchKeySet(jwksUri, signal) {
    // It is loaded when a remote key set is first asked for, and fetches by our bounded fetcher alone.
    const { default: jwksRsa } = await import('jwks-rsa');
    const fetcher = async (url: string) => {
      const answer = await fetchJson(url, signal, known?.from === url ? known.answer : undefined);
      known = { from: url, answer };
      return answer.value as { keys: unknown };
    };
    const keys: unknown = await new jwksRsa.JwksClient({ jwksUri, cache: false, rateLimit: false, fetcher }).getKeys();
    return { keys, maxAgeSeconds: known?.answer.maxAgeSeconds };
  };
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the client did not answer in time')), DEADLINE_MILLISECONDS);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
