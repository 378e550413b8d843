import { boundTime } from '../events/bound-time.js';
import type { Clock } from '../options.js';
import { discoverJwksUri } from './discover-jwks-uri.js';
import { fetchJson, type JsonAnswer } from './fetch-json.js';
import type { FetchedKeys, FetchKeys } from './key-source.js';
import type { JwksClient } from './trusted-issuer.js';

/** All that one fetch may take, whatever the server drips. */
export const DEADLINE_MILLISECONDS = 3000;
/** An issuer may move its keys and leave the old place at work: now and then the metadata is asked again. */
const REDISCOVER_SECONDS = 3600;

/** Keys from where the issuer's metadata says that they are. */
export function fetchByDiscovery(
  issuer: string,
  { allowHttp, now }: { readonly allowHttp: boolean; readonly now: Clock },
): FetchKeys {
  const fetchKeySet = rememberAnswer();
  let jwksUri: string | undefined;
  let askAgainAt = 0;

  /** Where the keys are; where they were, as long as the metadata can't be had. */
  async function discover(signal: AbortSignal): Promise<string> {
    const present = now();
    if (jwksUri !== undefined && present < askAgainAt && askAgainAt - present <= REDISCOVER_SECONDS) return jwksUri;
    try {
      jwksUri = await discoverJwksUri(issuer, { allowHttp, signal });
      askAgainAt = present + REDISCOVER_SECONDS;
    } catch (error) {
      if (jwksUri === undefined) throw error;
    }
    return jwksUri;
  }

  return () =>
    boundTime(DEADLINE_MILLISECONDS, async (signal) => fetchKeySet(await discover(signal), signal)).catch((error) => {
      askAgainAt = 0; // the keys may have moved: the metadata is asked again
      throw error;
    });
}

/** Keys from a URL. */
export function fetchFromUri(jwksUri: string): FetchKeys {
  const fetchKeySet = rememberAnswer();
  return () => boundTime(DEADLINE_MILLISECONDS, (signal) => fetchKeySet(jwksUri, signal));
}

/** Keys from a client that exists already. */
export function fetchFromClient(client: JwksClient): FetchKeys {
  let asked: Promise<unknown> | undefined;
  return async () => {
    // A client that hangs is not asked a second time while it does.
    asked ??= Promise.resolve(client.getKeys()).finally(() => {
      asked = undefined;
    });
    const answer = asked;
    return { keys: await boundTime(DEADLINE_MILLISECONDS, () => answer) };
  };
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
    const keys: unknown = await new jwksRsa.JwksClient({ jwksUri, cache: false, fetcher }).getKeys();
    return { keys, maxAgeSeconds: known?.answer.maxAgeSeconds };
  };
}
