import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { drawTokenId } from '../draw-id.js';
import { computeThumbprint } from '../jose/compute-thumbprint.js';
import { encodeJson } from '../jose/encode-json.js';
import type { JWK } from '../jose/import-public-key.js';
import { settleSigner } from '../jose/sign-bytes.js';
import { signEncoded } from '../jose/sign-compact-jws.js';
import type { Clock } from '../options.js';

/** Proves, request by request, that the sender holds a key (RFC 9449 section 4.2). */
export interface Prover {
  /** What a token must name in `cnf.jkt` to be bound to the key. */
  readonly thumbprint: string;
  /** A proof for one request with one token. It is made anew for each attempt: none is good twice. */
  prove(request: { readonly method: string; readonly url: string }, token: string, nonce?: string): Promise<string>;
}

/** A prover with a fresh key that never leaves the process, and ends with it. */
export function createProver(now: Clock): Prover {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  const header = encodeJson({ alg: 'ES256', typ: 'dpop+jwt', jwk });
  const sign = settleSigner('ES256', privateKey);
  return {
    thumbprint: computeThumbprint(jwk),
    async prove({ method, url }, token, nonce) {
      const { origin, pathname } = new URL(url);
      const payload = encodeJson({
        jti: drawTokenId(),
        htm: method,
        htu: `${origin}${pathname}`, // section 4.2: without query and fragment
        iat: Math.floor(now()),
        ath: createHash('sha256').update(token).digest('base64url'),
        nonce, // JSON leaves it out where there is none
      });
      return signEncoded(`${header}.${payload}`, sign);
    },
  };
}
