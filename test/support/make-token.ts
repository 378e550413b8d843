import type { KeyObject } from 'node:crypto';
import { AccessDenied, type TokenVerifier } from 'countersign';
import type { AlgorithmName } from '../../lib/jose/algorithms.js';
import { signBytes } from '../../lib/jose/sign-bytes.js';

/** Whatever makes a signature, honest or not, over what is to be signed. */
type Signer = (input: Buffer) => Uint8Array;

/** An honest signature. */
export function signWith(algorithm: AlgorithmName, key: KeyObject): Signer {
  return (input) => signBytes(algorithm, key, input);
}

/** A token made by hand, of any header and any payload, claims or text. */
export function makeToken(header: object, payload: object | string, sign: Signer): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const input = [JSON.stringify(header), text].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${input}.${Buffer.from(sign(Buffer.from(input))).toString('base64url')}`;
}

/** Claims of an honest service token, some of them changed. */
export function claimsOf(issuer: string, now: number, change: Readonly<Record<string, unknown>> = {}): object {
  return {
    iss: issuer,
    sub: 'test-service',
    client_id: 'test-service',
    aud: 'api://orders',
    iat: now,
    exp: now + 300,
    jti: 'id-1',
    ...change,
  };
}

/** What a verifier makes of a token: `accepted`, or the reason why not. */
export function judgeToken(verifier: TokenVerifier, token: string): Promise<string> {
  return verifier.verify(token).then(
    () => 'accepted',
    (error: unknown) => (error instanceof AccessDenied ? error.reason : `not a refusal: ${error}`),
  );
}
