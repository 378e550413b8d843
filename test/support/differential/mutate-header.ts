import fc from 'fast-check';
import { ALL, type Draft, type Mutation, setMember, siblingsOf } from './draft.js';
import { signersOf } from './signers.js';

const quote = (...values: readonly unknown[]) => values.map((value) => JSON.stringify(value));

function setHeader(draft: Draft, name: string, json: string | undefined): Draft {
  return { ...draft, header: setMember(draft.header, name, json) };
}

function set(name: string, json: string | undefined): Mutation {
  return { name: `header ${name}: ${json ?? 'left out'}`, apply: (draft) => setHeader(draft, name, json) };
}

const algorithm = fc
  .constantFrom(
    ...quote(...ALL, 'Ed25519', 'Ed448', 'ES256K', 'HS256', 'none', 'None', 'es256', 'rs256', 'ES256 ', '', null, 7),
    ...quote(['ES256'], {}, 'RSA-OAEP', 'toString', '__proto__'),
    '"\\u0045S256"',
  )
  .map((json) => set('alg', json));
const type = fc
  .constantFrom(
    ...quote('AT+JWT', 'At+Jwt', 'application/at+jwt', 'Application/AT+JWT', 'application/application/at+jwt'),
    ...quote('at+jwt ', 'at+jwt; v=1', 'x/at+jwt', '/at+jwt', 'JWT', 'at', '', null, 7, ['at+jwt']),
    '"at\\u002bjwt"',
  )
  .map((json) => set('typ', json));
const KEY_IDS = ['', ' ', 'other', '__proto__', 'constructor', '\u0000', '\ud800', '../../key', 'clé', "'; --", '🔑'];
const LONG_KEY_IDS = [255, 256, 257, 257, 1000].map((length) => 'k'.repeat(length));
const keyId = fc.oneof(
  fc
    .constantFrom(...quote(...KEY_IDS, null, 7, ['other'], {}), '"\\u0045S256 of 2027, 0"')
    .map((json) => set('kid', json)),
  fc.constant(set('kid', undefined)),
);
/** A name that both the header and the key have. */
const renamed = fc.oneof(fc.constantFrom(...KEY_IDS), fc.constantFrom(...LONG_KEY_IDS), fc.string()).map(
  (kid): Mutation => ({
    name: `kid of header and key: ${JSON.stringify(kid.slice(0, 40))} (${kid.length})`,
    apply: (draft) => ({
      ...setHeader(draft, 'kid', JSON.stringify(kid)),
      key: { ...draft.key, kid },
    }),
  }),
);
const critical = fc
  .tuple(
    fc.constantFrom(
      '["b64"]',
      '["b64"]',
      '["b64","b64"]',
      '["exp2"]',
      '["b64","exp2"]',
      '["alg"]',
      '[]',
      '"b64"',
      'null',
      '[7]',
    ),
    fc.constantFrom('true', 'false', undefined),
  )
  .map(
    ([crit, b64]): Mutation => ({
      name: `header crit: ${crit}, b64: ${b64 ?? 'left out'}, exp2: 1`,
      apply: (draft) => setHeader(setHeader(setHeader(draft, 'exp2', '1'), 'b64', b64), 'crit', crit),
    }),
  );
const uncritical = fc.constantFrom('true', 'false', 'null', '0').map((json) => set('b64', json));
const content = fc.constantFrom(...quote('JWT', 'at+jwt', 'json', '', null, 7)).map((json) => set('cty', json));
/** Members that offer a key, or are another header's. */
const offer = fc
  .tuple(
    fc.constantFrom(
      ...['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'enc', 'zip', 'epk', 'iss', 'exp', 'nonce', 'constructor'],
    ),
    fc.json({ maxDepth: 2 }),
  )
  .map(([name, json]) => set(name, json));
/** Signed by somebody who brings the key along. */
const selfSigned: fc.Arbitrary<Mutation> = fc.constant({
  name: 'header jwk: the key of somebody else, who signed',
  apply(draft) {
    const signer = signersOf(draft.algorithm)[1];
    return { ...setHeader(draft, 'jwk', JSON.stringify(signer.jwk)), signer };
  },
});
/** Signed with the same key by another of its algorithms, which the key may name, and which may be allowed. */
const resigned = fc.tuple(fc.nat(), fc.constantFrom('key named', 'key unnamed', 'key as it was'), fc.boolean()).map(
  ([pick, key, isAllowed]): Mutation => ({
    name: `signed by sibling ${pick % 6}, ${key}, ${isAllowed ? 'allowed' : 'as allowed before'}`,
    apply(draft) {
      const siblings = siblingsOf(draft.algorithm);
      const other = siblings[pick % siblings.length] ?? draft.algorithm;
      const { alg, ...unnamed } = draft.key;
      return {
        ...setHeader(draft, 'alg', JSON.stringify(other)),
        algorithm: other,
        allowed: isAllowed && !draft.allowed.includes(other) ? [...draft.allowed, other] : draft.allowed,
        key: { ...unnamed, ...(key === 'key named' ? { alg: other } : key === 'key as it was' && { alg }) },
      };
    },
  }),
);
const doubled = fc
  .constantFrom<readonly [string, string, boolean]>(
    ['"alg"', '"none"', true],
    ['"alg"', '"none"', false],
    ['"\\u0061lg"', '"HS256"', true],
    ['"kid"', '"other"', true],
    ['"k\\u0069d"', '"other"', true],
    ['"typ"', '"JWT"', true],
    ['"__proto__"', '{"alg":"none"}', true],
    ['"tree"', '{"a":1,"a":2}', true],
    ['"tree"', `${'['.repeat(40)}${']'.repeat(40)}`, false],
  )
  .map(
    ([name, json, isFirst]): Mutation => ({
      name: `header ${name} added ${isFirst ? 'in front' : 'behind'}: ${json.slice(0, 40)}`,
      apply: (draft) => ({
        ...draft,
        header: isFirst ? [[name, json], ...draft.header] : [...draft.header, [name, json]],
      }),
    }),
  );

/** Whatever can be written into the header before it is signed. */
export const headerMutation: fc.Arbitrary<Mutation> = fc.oneof(
  algorithm,
  type,
  keyId,
  { weight: 2, arbitrary: renamed },
  critical,
  uncritical,
  content,
  offer,
  selfSigned,
  { weight: 2, arbitrary: resigned },
  { weight: 2, arbitrary: doubled },
);
