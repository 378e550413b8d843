import { AccessDenied } from '../errors.js';
import { parseCompactJws, refuseExtensions } from '../jose/parse-compact-jws.js';
import { parseJsonObject } from '../jose/parse-json-object.js';
import { readAlgorithmName } from '../jose/read-algorithms.js';
import { readTrustedIssuers } from '../trust/read-trusted-issuers.js';
import type { TrustedIssuer } from '../trust/trusted-issuer.js';

/** passport-jwt's `secretOrKeyProvider`. */
export type SecretOrKeyProvider = (
  request: unknown,
  rawJwtToken: unknown,
  done: (error: Error | null, secretOrKey?: string) => void,
) => void;

/**
 * Keys for a `Strategy` of passport-jwt that a team keeps for now: of the issuer that the token names, by our rules for
 * keys. Everything else stays passport-jwt's affair: give its strategy `issuer`, `audience` and `algorithms`.
 *
 * @throws {ConfigurationError} for trust that is wrong
 * @example new Strategy({ jwtFromRequest, secretOrKeyProvider: passportJwtKeyProvider(trust), algorithms: ['ES256'], issuer, audience }, verify)
 */
export function passportJwtKeyProvider(
  trust: readonly (TrustedIssuer | readonly TrustedIssuer[])[],
): SecretOrKeyProvider {
  const { issuers } = readTrustedIssuers(trust, { audience: new Set(), now: () => Date.now() / 1000 });

  async function findPem(token: unknown): Promise<string> {
    const { unverifiedHeader, unverifiedPayload } = parseCompactJws(token as string);
    const { iss } = parseJsonObject(unverifiedPayload, 'payload') as { readonly iss?: unknown };
    refuseExtensions(unverifiedHeader);
    const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined;
    if (!issuer) throw new AccessDenied('issuer_untrusted', 'the token names no trusted issuer');
    const algorithm = readAlgorithmName(unverifiedHeader.alg);
    if (!algorithm || !issuer.algorithms.includes(algorithm)) {
      throw new AccessDenied('algorithm_refused', "the algorithm is not one of the issuer's");
    }
    const { key } = await issuer.keys.findKey(unverifiedHeader);
    return key.export({ type: 'spki', format: 'pem' }) as string;
  }

  return function provideKey(_request, rawJwtToken, done) {
    findPem(rawJwtToken).then((pem) => done(null, pem), done);
  };
}
