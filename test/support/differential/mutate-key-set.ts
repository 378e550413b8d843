import fc from 'fast-check';
import { type Draft, keyIdOf, type Mutation, publish, setKey, siblingsOf, withoutKeyId } from './draft.js';
import { signersOf, weakSignersOf } from './signers.js';

/** Entries that can stand beside the signer's. */
const NEIGHBOURS: Readonly<Record<string, (draft: Draft) => readonly unknown[]>> = {
  'the next key': ({ algorithm }) => [publish(algorithm, 1)],
  'the next key without alg': ({ algorithm }) => [{ ...publish(algorithm, 1), alg: undefined }],
  'another key of its name': ({ algorithm, key }) => [{ ...publish(algorithm, 1), kid: key['kid'] }],
  'another key of its name, for encryption': ({ algorithm, key }) => [
    { ...publish(algorithm, 1), kid: key['kid'], use: 'enc' },
  ],
  'itself once more': ({ key }) => [key],
  'itself with no name': ({ key }) => [{ ...key, kid: undefined }],
  'itself for a sibling': ({ algorithm, key }) =>
    siblingsOf(algorithm)
      .slice(-1)
      .map((alg) => ({ ...key, alg })),
  'its private key': ({ algorithm, key }) => [{ ...key, ...signersOf(algorithm)[0].secret }],
  'two other keys of one name': () => [publish('RS384'), { ...publish('RS384', 1), kid: keyIdOf('RS384') }],
  'a weak key of its name': ({ algorithm, key }) =>
    weakSignersOf(algorithm)
      .slice(0, 1)
      .map(({ jwk }) => ({ ...key, ...jwk })),
  'a secret': ({ key }) => [{ kty: 'oct', k: 'AAAA', alg: 'HS256', kid: key['kid'] }],
  'no keys at all': () => [null, 7, 'key', [], {}],
  'a hundred keys': () => Array.from({ length: 100 }, (_, at) => ({ ...publish('RS256', 1), kid: `spare ${at}` })),
  'ninety-nine keys': () => Array.from({ length: 99 }, () => ({ kty: 'oct', k: 'AAAA' })),
};
const accompanied = fc.tuple(fc.constantFrom(...Object.entries(NEIGHBOURS)), fc.boolean(), fc.boolean()).map(
  ([[name, make], isBefore, isNamed]): Mutation => ({
    name: `${isBefore ? 'before' : 'after'} the key: ${name}${isNamed ? '' : '; header without kid'}`,
    apply(draft) {
      const entries = JSON.parse(JSON.stringify(make(draft))) as unknown[];
      const next = isBefore
        ? { ...draft, keysBefore: [...draft.keysBefore, ...entries] }
        : { ...draft, keysAfter: [...entries, ...draft.keysAfter] };
      return isNamed ? next : withoutKeyId(next);
    },
  }),
);
/** Both may be meant; only the other one can be used. */
const passedOver = fc.tuple(fc.constantFrom('kid', 'alg'), fc.boolean()).map(
  ([same, isNamed]): Mutation => ({
    name: `key with private k, beside another of its ${same}${isNamed ? '' : '; header without kid'}`,
    apply(draft) {
      const other = { ...publish(draft.algorithm, 1), ...(same === 'kid' && { kid: draft.key['kid'] }) };
      const next = {
        ...setKey(draft, { k: 'AQAB' }),
        keysAfter: [JSON.parse(JSON.stringify(other)), ...draft.keysAfter],
      };
      return isNamed ? next : withoutKeyId(next);
    },
  }),
);
const alone: fc.Arbitrary<Mutation> = fc.constantFrom(
  { name: 'no key but an empty object', apply: (draft) => ({ ...draft, key: {}, keysBefore: [], keysAfter: [] }) },
  {
    name: 'nothing but its key, header without kid',
    apply: (draft) => withoutKeyId({ ...draft, keysBefore: [], keysAfter: [] }),
  },
  { name: 'another key under its name', apply: (draft) => setKey(draft, signersOf(draft.algorithm)[1].jwk) },
);

/** Whatever can be done to the key set around the signer's key. */
export const keySetMutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: accompanied },
  { weight: 1, arbitrary: passedOver },
  { weight: 1, arbitrary: alone },
);
