import { describe, expect, it } from '@jest/globals';
import { AccessDenied, createTokenVerifier, type JWK } from 'countersign';
import { NOW, problemWith, trustBy } from '../../support/provider.js';
import { describeVectors } from '../../support/read-vectors.js';
import { createSigner, withoutMember } from '../../support/sign-token.js';

interface SvidCase {
  readonly name: string;
  readonly token?: string;
  readonly header: { readonly alg: string; readonly kid?: string };
  readonly claims: object;
  readonly now?: number;
  readonly audience?: readonly string[];
  readonly expect: 'accept' | 'reject';
}

describeVectors<{ readonly cases: readonly SvidCase[] }>('go-spiffe/jwt-svid-cases.json', ({ cases }) => {
  const signer = createSigner(['ES384', 'RS256'], 'jwt-svid');
  // As in a real bundle, no key names its algorithm.
  const keys = signer.keys.map((key, at) => ({ ...withoutMember(key, 'alg'), kid: `authority${at + 1}` }));

  it.each(cases.map((one) => [one.expect, one.name, one] as const))('%ss %s', async (expected, _name, one) => {
    const verifier = createTokenVerifier({
      audience: one.audience ?? 'audience',
      trust: [{ trustDomain: 'trustdomain', bundle: { keys }, grants: {}, algorithms: ['ES384', 'RS256'] }],
      now: () => one.now ?? 1_700_000_000,
    });
    const token = one.token ?? (await signer.sign({ ...one, header: { kid: undefined, ...one.header } } as never));
    const verdict = await verifier.verify(token).then(
      () => 'accept',
      (error) => (error instanceof AccessDenied ? 'reject' : String(error)),
    );
    expect(verdict).toBe(expected);
  });
});

type Bundle = { readonly keys: readonly JWK[] };

/** What the names of the files say: whether they hold, and how many keys for JWT-SVIDs there are. */
const verdicts: readonly (readonly [file: string, verdict: RegExp, keys: number])[] = [
  ['jwtbundle_jwks_valid_1', /^accepted$/, 1],
  ['jwtbundle_jwks_valid_2', /^accepted$/, 2],
  ['jwtbundle_jwks_missing_kid', /holds a key for JWT-SVIDs without a kid/, 0],
  ['spiffebundle_valid_1', /^accepted$/, 1],
  ['spiffebundle_valid_2', /^accepted$/, 6],
  ['spiffebundle_valid_with_wit', /^accepted$/, 2],
  ['spiffebundle_multiple_x509', /not one certificate in x5c/, 0],
  ['spiffebundle_missing_kid', /holds a key for JWT-SVIDs without a kid/, 0],
  ['spiffebundle_no_keys', /bundle\.keys .*must be a list, found undefined/, 0],
];

describe.each(verdicts)('%s', (file, verdict, count) => {
  describeVectors<Bundle>(`go-spiffe/bundle/${file}.json`, (bundle) => {
    // The first three are plain key sets; a trust domain says of each key what it is for.
    const keys = file.startsWith('jwtbundle') ? bundle.keys.map((key) => ({ ...key, use: 'jwt-svid' })) : bundle.keys;
    const entry = { trustDomain: 'local', bundle: { ...bundle, keys }, grants: {} };

    it(`gets the verdict that its name says`, () => expect(problemWith(entry)).toMatch(verdict));

    it(`has ${count} keys for JWT-SVIDs`, async () => {
      if (count === 0) return;
      const stranger = trustBy([entry], createSigner(['ES256']));
      const own = keys.filter(({ use }) => use === 'jwt-svid');
      const token = {
        header: { alg: 'ES256' },
        claims: { sub: 'spiffe://local/a', aud: 'api://orders', exp: NOW + 9 },
      };
      const verdictOf = ({ kid }: JWK) => stranger.judge(token, { header: { kid } });
      // The key is there, and is not the stranger's.
      expect(await Promise.all(own.map(verdictOf))).toEqual(Array(count).fill('signature_invalid'));
      expect(await verdictOf({ kid: 'another' })).toBe('key_unknown');
    });
  });
});
