import { describe, expect, it } from '@jest/globals';
import type { JWK } from 'countersign';
import type { AlgorithmName } from '../../lib/jose/algorithms.js';
import { importPublicKey } from '../../lib/jose/import-public-key.js';
import { verifySignature } from '../../lib/jose/verify-signature.js';
import { describeVectors } from '../support/read-vectors.js';

interface RawFile {
  readonly testGroups: readonly {
    readonly publicKeyJwk?: JWK;
    readonly publicKey: { readonly uncompressed?: string; readonly pk?: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

const files = [
  ['ES256', 'ecdsa_secp256r1_sha256_p1363_test.json'],
  ['ES384', 'ecdsa_secp384r1_sha384_p1363_test.json'],
  ['ES512', 'ecdsa_secp521r1_sha512_p1363_test.json'],
  ['EdDSA', 'ed25519_test.json'],
] as const;
const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function readKey(algorithm: AlgorithmName, { publicKey, publicKeyJwk }: RawFile['testGroups'][number]): JWK {
  if (algorithm === 'EdDSA')
    return { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey.pk ?? '', 'hex').toString('base64url') };
  if (publicKeyJwk)
    return { kty: 'EC', crv: publicKeyJwk.crv as string, x: publicKeyJwk.x as string, y: publicKeyJwk.y as string };
  const point = Buffer.from(publicKey.uncompressed ?? '', 'hex').subarray(1);
  const half = point.length / 2;
  return {
    kty: 'EC',
    crv: curves[algorithm] as string,
    x: point.subarray(0, half).toString('base64url'),
    y: point.subarray(half).toString('base64url'),
  };
}

describe.each(files)('%s', (algorithm, name) => {
  describeVectors<RawFile>(`wycheproof/${name}`, ({ testGroups }) => {
    for (const group of testGroups) {
      const key = importPublicKey(readKey(algorithm, group), [algorithm]);
      it.each(group.tests.map((one) => [one.result, one.tcId, one.comment, one] as const))(
        '%s: case %d (%s)',
        (result, _id, _comment, one) => {
          const verify = () => verifySignature(key, Buffer.from(one.msg, 'hex'), Buffer.from(one.sig, 'hex'));
          if (result === 'valid') expect(verify).not.toThrow();
          else expect(verify).toThrow('signature');
        },
      );
    }
  });
});
