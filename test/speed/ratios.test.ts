import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createGate, createKeyRing, createTokenMinter, createTokenVerifier } from 'countersign';
import { measureAllocation } from '../support/measure-allocation.js';
import { measureRatio } from '../support/measure-ratio.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyRing = createKeyRing({ active: { jwk: privateKey.export({ format: 'jwk' }) as Record<string, unknown> } });
const minter = createTokenMinter({ issuer: 'https://shop.internal', subject: 'web-shop', keyRing });
const audience = 'api://orders';
const mint = () => minter.mint({ audience });
const trust = [
  { service: 'web-shop', issuer: 'https://shop.internal', keys: { jwks: keyRing.jwks() }, grants: ['orders:read'] },
];
const tokens = await Promise.all(Array.from({ length: 1000 }, mint));
const bytes = tokens.map((token) => Buffer.from(token));
const token = bytes[0] as Buffer;

/** As from a socket: text whose hash nobody has computed. */
const fresh = (text: Buffer) => text.toString('latin1');

function verifyWith(options: { readonly tokenMemory?: false }, next: () => Buffer) {
  const verifier = createTokenVerifier({ audience, trust, ...options });
  return async (count: number) => {
    for (let left = count; left > 0; left--) await verifier.verify(fresh(next()));
  };
}

function takeTurns<Item>(items: readonly Item[]): () => Item {
  let at = 0;
  return () => items[at++ % items.length] as Item;
}

// The limits are far from what is measured here (1.6, 0.03, 1.3, and 23 KB): noise must not fail them. Figures are bench's affair.
describe('beside the work that can’t be left out', () => {
  it('a new token takes at most 2.5 times as long as its signature', async () => {
    const key = { key: createPublicKey(privateKey), dsaEncoding: 'ieee-p1363' } as const;
    const next = takeTurns(
      tokens.map((text) => {
        const end = text.lastIndexOf('.');
        return { data: Buffer.from(text.slice(0, end)), signature: Buffer.from(text.slice(end + 1), 'base64url') };
      }),
    );
    const raw = (count: number) => {
      for (let left = count; left > 0; left--) {
        const { data, signature } = next();
        if (!verify('sha256', data, key, signature)) throw new Error('a signature was refused');
      }
    };
    expect(await measureRatio(verifyWith({ tokenMemory: false }, takeTurns(bytes)), raw)).toBeLessThan(2.5);
  });

  it('a remembered token takes at most a quarter of a fresh one', async () => {
    const again = () => token;
    const ratio = await measureRatio(verifyWith({}, again), verifyWith({ tokenMemory: false }, again));
    expect(ratio).toBeLessThan(0.25);
  });

  it('minting takes at most twice as long as the signature', async () => {
    const data = token.subarray(0, token.lastIndexOf('.'));
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const raw = (count: number) => {
      for (let left = count; left > 0; left--) sign('sha256', data, key);
    };
    const ours = async (count: number) => {
      for (let left = count; left > 0; left--) await mint();
    };
    expect(await measureRatio(ours, raw)).toBeLessThan(2);
  });

  it('a request of a caller that was here before takes at most 70 KB of the heap', async () => {
    let written = 0;
    const destination = { write: () => written++ };
    const gate = createGate({ service: 'order-service', audience, trust, accessLog: { destination }, metrics: false });
    const requirement = { permissions: ['orders:read'] };
    let calls = 0;
    const takenBytes = await measureAllocation(async () => {
      const authorization = [`Bearer ${fresh(token)}`];
      const attempt = await gate.enforce(
        {
          source: {},
          method: 'GET',
          target: '/orders/42',
          header: (name) => (name === 'authorization' ? authorization : []),
        },
        requirement,
      );
      attempt.finish({ statusCode: attempt.decision.effect === 'permit' ? 200 : 500, route: '/orders/:id' });
      calls++;
    });
    expect(written).toBe(calls);
    expect(takenBytes).toBeGreaterThan(0);
    expect(takenBytes).toBeLessThan(70_000);
  });
});
