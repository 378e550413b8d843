import { describe, expect, it } from '@jest/globals';
import { type AccessDenied, createTokenVerifier } from 'countersign';
import { createTestClock, createTestIssuer, FORGERY_KINDS } from 'countersign/testing';

describe('a test issuer', () => {
  it('makes accepted service tokens for the audience given or claimed', async () => {
    const given = await createTestIssuer({ audience: 'api://orders' });
    const claimed = await createTestIssuer({ issuer: 'https://other.test', service: 'gateway' });
    const verifier = createTokenVerifier({ audience: 'api://orders', trust: [given.trust, claimed.trust] });
    expect(await verifier.verify(await given.sign())).toMatchObject({ kind: 'service', subject: 'test-service' });
    expect(await verifier.verify(await claimed.sign({ aud: 'api://orders' }))).toMatchObject({
      kind: 'service',
      subject: 'gateway',
    });
    await expect(verifier.verify(await claimed.sign())).rejects.toMatchObject({ reason: 'claim_missing' });
    const { authorization } = await given.headers({ scope: 'a' });
    expect([...(await verifier.verify(authorization.replace('Bearer ', ''))).permissions]).toEqual(['a']);
  });

  it.each(FORGERY_KINDS)('makes hostile tokens that are refused: %s', async (kind) => {
    const issuer = await createTestIssuer({ audience: 'api://orders' });
    const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust });
    const refusal = await verifier.verify(await issuer.forge(kind)).catch((error: AccessDenied) => error.name);
    expect(refusal).toBe('AccessDenied');
    await expect(verifier.verify(await issuer.sign())).resolves.toBeDefined();
  });

  it('knows its kinds', async () => {
    const issuer = await createTestIssuer({ audience: 'a' });
    await expect(issuer.forge('constructor' as never)).rejects.toThrow(/no kind of forgery; known: expired/);
  });

  it('has a clock that moves when it is told to', async () => {
    const clock = createTestClock(1_000);
    const issuer = await createTestIssuer({ audience: 'a', now: clock.now });
    const verifier = createTokenVerifier({ audience: 'a', trust: issuer.trust, now: clock.now });
    const token = await issuer.sign();
    await expect(verifier.verify(token)).resolves.toMatchObject({ token: { issuedAt: 1_000, expiresAt: 1_300 } });
    clock.advance(305);
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'token_expired' });
    await expect(verifier.verify(await issuer.sign())).resolves.toBeDefined();
  });

  it.each([{ audience: '' }, { issuer: undefined }, { clock: 1 }])(
    'refuses options that make no sense: %j',
    async (options) => {
      await expect(createTestIssuer(options as never)).rejects.toThrow(/countersign: testIssuer\./);
    },
  );
});
