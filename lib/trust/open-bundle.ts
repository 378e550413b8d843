import { ConfigurationError } from '../errors.js';
import { boundTime } from '../events/bound-time.js';
import { describeFound, isGiven, readOptions } from '../options.js';
import { fetchJson, type JsonAnswer } from './fetch-json.js';
import { DEADLINE_MILLISECONDS } from './fetch-keys.js';
import { holdKeys, holdStaticKeys } from './hold-static-keys.js';
import { importAuthorities } from './import-authorities.js';
import type { FetchKeys, KeySource } from './key-source.js';
import { type KeySourceContext, openRemoteKeys, readAllowHttp, readUrl } from './open-key-source.js';

const EXAMPLE = "{ url: 'https://spire.example.org/bundle' }, or the bundle itself: { keys: [jwk] }";

/** A SPIFFE bundle document (SPIFFE Trust Domain and Bundle, section 4). Keys of other uses are not ours to read here. */
interface Bundle {
  readonly keys: readonly unknown[];
  readonly spiffe_sequence?: number;
  readonly spiffe_refresh_hint?: number;
}

/** The keys and authorities of a trust domain: from a bundle that is written down, or from its endpoint (profile `https_web`). */
export function openBundle(option: string, value: unknown, context: KeySourceContext): KeySource {
  const bundle = readOptions(
    option,
    value,
    ['url', 'dangerouslyAllowHttp', 'keys', 'spiffe_sequence', 'spiffe_refresh_hint'],
    EXAMPLE,
  );
  if (isGiven(bundle, 'url')) {
    if (isGiven(bundle, 'keys')) throw new ConfigurationError(option, `has both url and keys; write ${EXAMPLE}`);
    const allowHttp = readAllowHttp(`${option}.dangerouslyAllowHttp`, bundle);
    const url = readUrl(`${option}.url`, bundle.url, allowHttp);
    return openRemoteKeys(url, fetchBundle(url), context);
  }
  if (!Array.isArray(bundle.keys)) {
    throw new ConfigurationError(
      `${option}.keys`,
      `must be a list, found ${describeFound(bundle.keys)}; write ${EXAMPLE}`,
    );
  }
  try {
    refuseNameless(bundle.keys);
    importAuthorities(bundle.keys, { refusesUnsound: true });
  } catch (cause) {
    throw new ConfigurationError(`${option}.keys`, (cause as Error).message, { cause });
  }
  const own = bundle.keys.filter(
    (jwk: { use?: unknown } | null) => jwk?.use === 'jwt-svid' || jwk?.use === 'x509-svid',
  );
  // Section 4.1.3: a bundle without keys is an answer too; then no SVID of the domain holds.
  return own.length > 0
    ? holdStaticKeys(option, { keys: own }, context.rules)
    : holdKeys({ keys: [], authorities: [] });
}

function fetchBundle(url: string): FetchKeys {
  let known: JsonAnswer | undefined;
  let sequence = 0;
  return async () => {
    const answer = await boundTime(DEADLINE_MILLISECONDS, (signal) => fetchJson(url, signal, known));
    const bundle = readBundle(answer.value);
    const next = bundle.spiffe_sequence ?? sequence;
    if (next < sequence) throw new Error(`${url} answered with an older bundle than before`);
    sequence = next;
    known = answer;
    return { keys: bundle.keys, maxAgeSeconds: bundle.spiffe_refresh_hint ?? answer.maxAgeSeconds };
  };
}

function readBundle(value: unknown): Bundle {
  const bundle = (value ?? {}) as { [Member in keyof Bundle]: unknown };
  if (!Array.isArray(bundle.keys)) throw new Error('the bundle has no list of keys');
  for (const number of [bundle.spiffe_sequence, bundle.spiffe_refresh_hint]) {
    if (number !== undefined && !(typeof number === 'number' && number >= 0)) {
      throw new Error('the bundle has a spiffe_sequence or spiffe_refresh_hint that is no number');
    }
  }
  refuseNameless(bundle.keys);
  return bundle as Bundle;
}

/** Section 4.2.3 and JWT-SVID section 6: a key for JWT-SVIDs has a `kid`; a bundle where one has none is malformed. */
function refuseNameless(keys: readonly unknown[]): void {
  const isNameless = (jwk: { use?: unknown; kid?: unknown } | null) =>
    jwk?.use === 'jwt-svid' && (typeof jwk.kid !== 'string' || jwk.kid === '');
  if (keys.some((jwk) => isNameless(jwk as { use?: unknown; kid?: unknown } | null))) {
    throw new Error('holds a key for JWT-SVIDs without a kid');
  }
}
