import fc from 'fast-check';
import type { Draft, Mutation } from './draft.js';
import { SALT_LENGTHS, signersOf } from './signers.js';

/** Orders of the groups: with s, n - s is a signature too; with a larger s, none of EdDSA's (RFC 8032 section 8.4). */
const ORDERS: Readonly<Record<string, bigint>> = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  EdDSA: 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn,
};

type Forge = (honest: Buffer, draft: Draft, input: Uint8Array, at: number) => Buffer;

const FORGERIES: Readonly<Record<string, Forge>> = {
  'a bit turned': flipBit,
  'two bits turned': (honest, draft, input, at) => flipBit(flipBit(honest, draft, input, at), draft, input, at * 7 + 1),
  'the last byte cut off': (honest) => honest.subarray(0, -1),
  'a zero in front': (honest) => Buffer.concat([Buffer.alloc(1), honest]),
  'a zero behind': (honest) => Buffer.concat([honest, Buffer.alloc(1)]),
  'nothing but zeros': (honest) => Buffer.alloc(honest.length),
  'nothing but ones': (honest) => Buffer.alloc(honest.length, 0xff),
  'its halves exchanged': (honest) =>
    Buffer.concat([honest.subarray(honest.length / 2), honest.subarray(0, honest.length / 2)]),
  'the other s': otherScalar,
  'ASN.1 around': (_, { signer, algorithm }, input) => signer.sign(algorithm, input, { dsaEncoding: 'der' }),
  'another digest': (_, { signer, algorithm }, input) => signer.sign(algorithm, input, { digest: 'sha1' }),
  'another length of salt': (_, { signer, algorithm }, input, at) =>
    signer.sign(algorithm, input, { saltLength: SALT_LENGTHS[at % SALT_LENGTHS.length] ?? 0 }),
  'another key': (_, { algorithm }, input) => signersOf(algorithm)[1].sign(algorithm, input),
  'another input': (_, { signer, algorithm }, input) => signer.sign(algorithm, input.subarray(1)),
  'nothing in it': () => Buffer.alloc(0),
};

function flipBit(honest: Buffer, _draft: Draft, _input: Uint8Array, at: number): Buffer {
  const turned = Buffer.from(honest);
  const place = at % (turned.length * 8);
  turned[place >> 3] = (turned[place >> 3] ?? 0) ^ (1 << (place & 7));
  return turned;
}

function otherScalar(honest: Buffer, { algorithm }: Draft): Buffer {
  const order = ORDERS[algorithm];
  if (order === undefined) return honest;
  const half = honest.length / 2;
  const s = Buffer.from(honest.subarray(half));
  if (algorithm === 'EdDSA') s.reverse(); // little-endian
  const value = BigInt(`0x0${s.toString('hex')}`);
  const other = algorithm === 'EdDSA' ? value + order : order - value;
  const bytes = Buffer.from(other.toString(16).padStart(half * 2, '0'), 'hex');
  return Buffer.concat([honest.subarray(0, half), algorithm === 'EdDSA' ? bytes.reverse() : bytes]);
}

/** Whatever can be done to a signature, or put in its place. */
export const signatureMutation: fc.Arbitrary<Mutation> = fc
  .tuple(fc.constantFrom(...Object.entries(FORGERIES)), fc.nat({ max: 4095 }))
  .map(([[name, forge], at]) => ({
    name: `signature: ${name} (${at})`,
    apply: (draft) => ({
      ...draft,
      makeSignature: (final, input) => forge(draft.makeSignature(final, input), final, input, at),
    }),
  }));
