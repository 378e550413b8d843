import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { generateKey } from './generate-key.js';
import { leaveUnsigned, signByHand, signWithSecret, swapClaims } from './sign-by-hand.js';

/** What somebody inside a service has: its name, and the key that it signs with. */
export interface Insider {
  readonly issuer: string;
  readonly service: string;
  readonly audience: string;
  /** Left out where the issuer has one key alone. */
  readonly keyId?: string;
  readonly privateKey: KeyObject;
}

const HOUR_SECONDS = 3600;
const WEEK_SECONDS = 168 * HOUR_SECONDS;

/** Tokens that each differ from an honest one in one thing. Most of them bear a signature that holds. */
export function forgeTokens({ issuer, service, audience, keyId, privateKey }: Insider) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'ES256', typ: 'at+jwt', kid: keyId };
  const claims = {
    iss: issuer,
    sub: service,
    client_id: service,
    aud: audience,
    iat: now,
    exp: now + 300,
    jti: randomBytes(16).toString('base64url'),
  };
  const stranger = generateKey();
  const withClaims = (change: object) => signByHand(header, { ...claims, ...change }, privateKey);
  const honest = withClaims({});
  const publicText = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  return {
    honest,
    expired: withClaims({ iat: now - 600, exp: now - 300 }),
    notYetValid: withClaims({ nbf: now + HOUR_SECONDS, exp: now + HOUR_SECONDS + 300, iat: now + HOUR_SECONDS }),
    longLived: withClaims({ exp: now + WEEK_SECONDS }),
    unknownIssuer: withClaims({ iss: 'https://forger.example' }),
    inAnothersName: withClaims({ sub: 'ceo', client_id: 'ceo' }),
    asUser: withClaims({ sub: 'alice' }),
    ofAnotherType: signByHand({ ...header, typ: 'JWT' }, claims, privateKey),
    byAnotherKey: signByHand(header, claims, stranger.privateKey),
    byUnknownKey: signByHand({ ...header, kid: 'made-up' }, claims, stranger.privateKey),
    changed: swapClaims(honest, { ...claims, exp: now + 600 }),
    unsigned: leaveUnsigned({ alg: 'none', typ: 'at+jwt' }, claims),
    hs256: signWithSecret({ ...header, alg: 'HS256' }, claims, publicText),
  };
}
