import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { ConfigurationError } from '../errors.js';
import { computeThumbprint } from '../jose/compute-thumbprint.js';
import type { JWK } from '../jose/import-public-key.js';
import { isGiven, readClock, readOptions, readText } from '../options.js';
import type { TrustedAuthorizationServer } from '../trust/trusted-issuer.js';
import { type ForgeContext, type ForgeryKind, forgeToken, sign } from './forge-token.js';

/** Options of {@link createTestIssuer}. */
export interface TestIssuerOptions {
  /** What its tokens are for, where the claims don't say otherwise. */
  readonly audience?: string;
  /** Its issuer identifier; `https://issuer.test` by default. */
  readonly issuer?: string;
  /** The service that its tokens speak of; `test-service` by default. */
  readonly service?: string;
  /** The present time in seconds since the epoch, as of `createTestClock`. */
  readonly now?: () => number;
}

/** An issuer for tests: real keys, real signatures, no network. */
export interface TestIssuer {
  readonly issuer: string;
  /** To be pasted into the options of a gate or verifier: `trust: testIssuer.trust`. */
  readonly trust: readonly TrustedAuthorizationServer[];
  /** Its public keys. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** An honest service token of five minutes; claims are added, replaced, or removed where they are undefined. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A hostile token of the kind, made from the claims that would have been honest. */
  forge(kind: ForgeryKind, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The header with which a caller shows an honest token. */
  headers(claims?: Readonly<Record<string, unknown>>): Promise<{ readonly authorization: string }>;
}

const LIFETIME_SECONDS = 300;

/**
 * A test issuer with a fresh ES256 key.
 *
 * @throws {ConfigurationError} in production: whoever can reach it can be anyone
 * @example
 * const issuer = await createTestIssuer({ audience: 'api://orders' });
 * const gate = countersign({ service: 'order-service', audience: 'api://orders', trust: issuer.trust });
 * await fetch(url, { headers: await issuer.headers({ scope: 'orders:read' }) });
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  if (process.env['NODE_ENV'] === 'production') {
    throw new ConfigurationError('NODE_ENV', 'is production: a test issuer signs whatever it is asked to');
  }
  const given = readOptions('testIssuer', options, ['audience', 'issuer', 'service', 'now']);
  const now = readClock('testIssuer.now', given);
  const issuer = isGiven(given, 'issuer')
    ? readText('testIssuer.issuer', given.issuer, "'https://issuer.test'")
    : 'https://issuer.test';
  const service = isGiven(given, 'service')
    ? readText('testIssuer.service', given.service, "'test-service'")
    : 'test-service';
  const audience = isGiven(given, 'audience')
    ? readText('testIssuer.audience', given.audience, "'api://orders'")
    : undefined;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  const keyId = computeThumbprint(publicJwk);
  const jwks = { keys: [{ ...publicJwk, kid: keyId, alg: 'ES256', use: 'sig' }] };

  function compose(claims: Readonly<Record<string, unknown>> = {}): ForgeContext {
    const issuedAt = Math.floor(now());
    const honest = {
      iss: issuer,
      sub: service,
      client_id: service,
      aud: audience,
      iat: issuedAt,
      exp: issuedAt + LIFETIME_SECONDS,
      jti: randomBytes(16).toString('base64url'),
      ...claims,
    };
    return { privateKey, keyId, now: issuedAt, honest };
  }

  const signHonestly = async (claims?: Readonly<Record<string, unknown>>) => sign(compose(claims), {});
  return {
    issuer,
    trust: [{ issuer, keys: { jwks } }],
    jwks,
    sign: signHonestly,
    forge: async (kind, claims) => forgeToken(kind, compose(claims)),
    headers: async (claims) => ({ authorization: `Bearer ${await signHonestly(claims)}` }),
  };
}
