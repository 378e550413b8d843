import type { AlgorithmName } from 'countersign';
import fc from 'fast-check';
import { ALL, type Mutation, setKey, setMember, withoutKeyId } from './draft.js';
import { signersOf, weakSignersOf } from './signers.js';

type Entry = Readonly<Record<string, unknown>>;

function set(members: Entry): Mutation {
  return { name: `key with ${describe(members)}`, apply: (draft) => setKey(draft, members) };
}

function describe(members: Entry): string {
  return Object.entries(members)
    .map(([name, value]) => `${name}: ${JSON.stringify(value) ?? 'left out'}`)
    .join(', ');
}

const member = fc.constantFrom<Entry>(
  { alg: undefined },
  ...[...ALL, 'Ed25519', 'HS256', 'ES256K', '', null, 7, ['ES256']].map((alg) => ({ alg })),
  ...['enc', '', 'SIG', null, ['sig'], undefined].map((use) => ({ use })),
  ...[['verify'], ['verify', 'sign'], ['sign'], [], 'verify', null, ['verify', 'verify'], ['verify', 7]].map(
    (operations) => ({ key_ops: operations }),
  ),
  ...['other', '', 7, null, ['other'], undefined].map((kid) => ({ kid })),
  ...['RSA', 'EC', 'OKP', 'oct', 'ec', 'AKP', null, undefined].map((kty) => ({ kty })),
  ...['P-256', 'P-384', 'p-256', 'Ed25519', 'Ed448', 'X25519', 'secp256k1', undefined].map((crv) => ({ crv })),
  ...['yes', true, false].map((ext) => ({ ext })),
  { x5c: ['AAAA'], x5t: 'AAAA', note: 'x' },
  { x: undefined },
  { y: undefined },
  { n: undefined },
  { e: undefined },
);
const changed = member.map(set);
const unnamed = fc.constantFrom<Entry>({ alg: undefined }, { kid: undefined }, { kid: null }, { kid: 7 }).map(
  (members): Mutation => ({
    name: `key with ${describe(members)}, header without kid`,
    apply: (draft) => withoutKeyId(setKey(draft, members)),
  }),
);
/** Private members, without which a private key wouldn't be one, and others. */
const leaked = fc.constantFrom('d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k').map(
  (name): Mutation => ({
    name: `key with private ${name}`,
    apply: (draft) => setKey(draft, { [name]: draft.signer.secret[name] ?? 'AQAB' }),
  }),
);

/** Numbers of a key spelt as a decoder may forgive. */
const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  'padding at': (text) => `${text}=`,
  'a line break in': (text) => text.replace(/^.{4}/, '$&\n'),
  'a space behind': (text) => `${text} `,
  'the other alphabet in': (text) => text.replaceAll('-', '+').replaceAll('_', '/'),
  'a zero in front of': (text) =>
    Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]).toString('base64url'),
  'its first byte off': (text) => Buffer.from(text, 'base64url').subarray(1).toString('base64url'),
  'its last bit turned in': (text) => {
    const bytes = Buffer.from(text, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    return bytes.toString('base64url');
  },
  nothing: () => '',
};
const spelt = fc.tuple(fc.constantFrom('x', 'y', 'n', 'e'), fc.constantFrom(...Object.entries(SPELLINGS))).map(
  ([name, [what, spell]]): Mutation => ({
    name: `key with ${what} ${name}`,
    apply(draft) {
      const text = draft.key[name];
      return typeof text === 'string' && text !== '' ? setKey(draft, { [name]: spell(text) }) : draft;
    },
  }),
);
/** A signer whose signatures hold though its key is none to trust. */
const weak = fc.tuple(fc.constantFrom<AlgorithmName>('RS256', 'RS256', 'PS256', 'EdDSA'), fc.nat({ max: 41 })).map(
  ([algorithm, pick]): Mutation => ({
    name: `weak signer ${pick} of ${algorithm}`,
    apply(draft) {
      const signers = weakSignersOf(algorithm);
      const signer = signers[pick % signers.length] ?? draft.signer;
      return {
        ...draft,
        signer,
        algorithm,
        header: setMember(draft.header, 'alg', JSON.stringify(algorithm)),
        key: { ...signer.jwk, kid: draft.key['kid'], alg: algorithm },
        allowed: [algorithm, ...draft.allowed.filter((name) => name !== algorithm)],
      };
    },
  }),
);

/** Signed with the algorithm's digest by a key on another curve. */
const otherCurve = fc
  .tuple(
    fc.constantFrom<AlgorithmName>('ES256', 'ES384', 'ES512'),
    fc.constantFrom<AlgorithmName>('ES256', 'ES384', 'ES512'),
    fc.boolean(),
  )
  .map(
    ([algorithm, curve, isNamed]): Mutation => ({
      name: `signed as ${algorithm} by a key for ${curve}${isNamed ? '' : ', without alg'}`,
      apply(draft) {
        const [signer] = signersOf(curve);
        return {
          ...draft,
          signer,
          algorithm,
          header: setMember(draft.header, 'alg', JSON.stringify(algorithm)),
          key: { ...signer.jwk, kid: draft.key['kid'], ...(isNamed && { alg: algorithm }) },
          allowed: [algorithm, ...draft.allowed.filter((name) => name !== algorithm)],
        };
      },
    }),
  );

/** Whatever can be done to the key of the one who signs. */
export const keyMutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 3, arbitrary: changed },
  { weight: 1, arbitrary: unnamed },
  { weight: 1, arbitrary: leaked },
  { weight: 2, arbitrary: spelt },
  { weight: 3, arbitrary: weak },
  { weight: 1, arbitrary: otherCurve },
);
