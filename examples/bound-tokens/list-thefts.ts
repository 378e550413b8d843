import { createHash, randomBytes } from 'node:crypto';
import type { Fetch, Gate } from 'countersign';
import { generateKey } from '../shop/generate-key.js';
import { signByHand } from '../shop/sign-by-hand.js';
import type { Chapter } from './make-call.js';
import type { Certificate } from './make-certificate.js';
import { tapLine } from './send-by-tls.js';

/** Who calls, from where, and what somebody may overhear. */
export interface Scene {
  /** Of order-service, which signs its own tokens. */
  readonly caller: Gate;
  /** Of payment-service. */
  readonly origin: string;
  /** A line with a certificate, or with none. */
  readonly openLine: (own?: Certificate) => Fetch;
}

const AUDIENCE = 'api://payments';

/** A token that is good for whoever holds it. */
export function stealBearerToken({ caller, origin, openLine }: Scene): Chapter {
  const line = tapLine(openLine());
  const orderService = caller.client({ audience: AUDIENCE, origins: [origin], fetch: line.send });
  const thief = openLine();
  const steal = (path: string) => {
    const { authorization } = line.overheard();
    return thief(origin + path, { headers: { authorization } });
  };
  return {
    title: 'GET /payments/7  with a bearer token',
    calls: [
      { told: 'order-service', expected: { status: 200 }, make: () => orderService(`${origin}/payments/7`) },
      {
        told: 'a thief, with what it overheard: nobody can tell',
        expected: { status: 200 },
        make: () => steal('/payments/7'),
      },
      {
        told: 'the thief, where the route demands a proof',
        expected: { status: 401, reason: 'binding_missing' },
        make: () => steal('/payouts/7'),
      },
    ],
  };
}

/** A token that is bound to a key of its holder (RFC 9449): each request brings a proof, for itself alone. */
export function stealKeyBoundToken({ caller, origin, openLine }: Scene): Chapter {
  const line = tapLine(openLine());
  const orderService = caller.client({ audience: AUDIENCE, origins: [origin], proof: 'dpop', fetch: line.send });
  const thief = openLine();
  const steal = (path: string, headers: Record<string, string>) => thief(origin + path, { headers });
  const stolenToken = () => line.overheard().authorization.replace('DPoP ', '');
  return {
    title: 'GET /payments/7  with a token that is bound to a key (DPoP)',
    calls: [
      {
        told: 'order-service, which proves that it holds the key',
        expected: { status: 200 },
        make: () => orderService(`${origin}/payments/7`),
      },
      {
        told: 'a thief, with the token as a bearer token',
        expected: { status: 401, reason: 'binding_missing' },
        make: () => steal('/payments/7', { authorization: `Bearer ${stolenToken()}` }),
      },
      {
        told: 'the thief, with token and proof as overheard',
        expected: { status: 401, reason: 'token_replayed' },
        make: () => steal('/payments/7', line.overheard()),
      },
      {
        told: 'the thief, with that proof for another payment',
        expected: { status: 401, reason: 'proof_invalid' },
        make: () => steal('/payments/8', line.overheard()),
      },
      {
        told: 'the thief, with a proof of a key of its own',
        expected: { status: 401, reason: 'binding_mismatch' },
        make: () => {
          const dpop = proveByHand(stolenToken(), `${origin}/payments/7`);
          return steal('/payments/7', { authorization: `DPoP ${stolenToken()}`, dpop });
        },
      },
    ],
  };
}

/** A token that is bound to the certificate of its holder's connection (RFC 8705). */
export async function stealCertificateBoundToken(
  { caller, origin, openLine }: Scene,
  { own, ofThief }: { readonly own: Certificate; readonly ofThief: Certificate },
): Promise<Chapter> {
  const token = await caller.mint({ audience: AUDIENCE, confirmation: { 'x5t#S256': own.thumbprint } });
  const show = (send: Fetch) => send(`${origin}/payments/7`, { headers: { authorization: `Bearer ${token}` } });
  return {
    title: 'GET /payments/7  with a token that is bound to a certificate',
    calls: [
      {
        told: 'order-service, over TLS with its certificate',
        expected: { status: 200 },
        make: () => show(openLine(own)),
      },
      {
        told: 'a thief, over TLS without a certificate',
        expected: { status: 401, reason: 'binding_missing' },
        make: () => show(openLine()),
      },
      {
        told: 'the thief, over TLS with a certificate of its own',
        expected: { status: 401, reason: 'binding_mismatch' },
        make: () => show(openLine(ofThief)),
      },
    ],
  };
}

/** A proof that holds, of a key that nobody bound anything to. */
function proveByHand(token: string, htu: string): string {
  const { jwk, privateKey } = generateKey();
  const { d: _secret, ...publicJwk } = jwk;
  const claims = {
    jti: randomBytes(16).toString('base64url'),
    htm: 'GET',
    htu,
    iat: Math.floor(Date.now() / 1000),
    ath: createHash('sha256').update(token).digest('base64url'),
  };
  return signByHand({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicJwk }, claims, privateKey);
}
