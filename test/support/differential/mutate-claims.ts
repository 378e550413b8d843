import fc from 'fast-check';
import { AUDIENCES, ISSUER, type Mutation, NOW, setMember } from './draft.js';

const quote = (...values: readonly unknown[]) => values.map((value) => JSON.stringify(value));
const nest = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Dates around every bound that a verifier may have, and numbers that no clock shows. */
const OFFSETS = [-3600, -3305, -600, -6, -5, -4, 0, 4, 5, 6, 60, 900, 901, 901, 3600, 3601, 3601, 90_000];
const date = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...OFFSETS).map((offset) => String(NOW + offset)) },
  { weight: 2, arbitrary: fc.constantFrom(...OFFSETS).map((offset) => `${NOW + offset}.0000005`) },
  fc.constantFrom('1e400', '-1e400', '-1', '-0', '-0.5', '0', '18e8', '1800000060.0', '1e-400', '9007199254740993'),
  fc.constantFrom(`"${NOW + 60}"`, 'null', 'true', `[${NOW + 60}]`, '{}', '""', '0x6b49d200', '01800000000', 'NaN'),
);
const actor = fc.constantFrom(
  ...quote({ sub: 'bob' }, { sub: 'bob', iss: ISSUER, act: { sub: 'carol' } }, { sub: '' }, { sub: 7 }, {}, [], null),
  ...quote({ sub: 'bob', iss: null }, { sub: 'bob', act: {} }, { sub: 'bob', act: [{ sub: 'carol' }] }, 'bob'),
);
const name = fc.constantFrom(
  ...quote('alice', 'test-service', 'TEST-SERVICE', '', ' ', 'a'.repeat(300), 'ünï', null, 7, true, ['alice'], {}),
  '"\\ud800"',
  '"\\u0061lice"',
  '"\\u0000"',
);
const names = fc.oneof(name, fc.constantFrom(...quote([], ['pwd'], ['pwd', 'otp'], ['pwd', 7], [''], [['pwd']])));
const audience = fc.constantFrom(
  ...quote(...AUDIENCES, [AUDIENCES[0]], [AUDIENCES[1], 'other'], ['other', AUDIENCES[0]], ['other'], []),
  ...quote([AUDIENCES[0], 7], [AUDIENCES[0], ''], [AUDIENCES[0], null], [[AUDIENCES[0]]], [AUDIENCES[0], {}]),
  ...quote(`${AUDIENCES[0]}/7`, 'api://order', 'API://orders', '', null, { 0: AUDIENCES[0] }, AUDIENCES.join(' ')),
  '"api:\\/\\/\\u006frders"',
);
const issuer = fc.constantFrom(
  ...quote(ISSUER, `${ISSUER}/`, 'https://ISSUER.test', [ISSUER], '', null, 7, {}),
  '"https:\\/\\/\\u0069ssuer.test"',
);
const scope = fc.constantFrom(...quote('orders:read', '', ' a  b ', 'a"b', ['orders:read'], null, 7, {}));
const confirmation = fc.constantFrom(
  ...quote({ jkt: 'x' }, { 'x5t#S256': 'x' }, { jwk: {} }, { kid: 'x' }, {}, null, 'x', [], 7, false),
);

const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  iss: issuer,
  aud: audience,
  exp: date,
  iat: date,
  nbf: date,
  auth_time: date,
  sub: name,
  client_id: name,
  jti: name,
  azp: name,
  acr: name,
  amr: names,
  scope,
  cnf: confirmation,
  act: actor,
};
const claimName = fc.constantFrom(...Object.keys(VALUES), 'aud', 'aud', 'aud', 'exp', 'exp', 'exp', 'cnf', 'scope');
const anyJson = fc.json({ maxDepth: 3 });

function setClaim(claim: string, json: string | undefined): Mutation {
  return {
    name: `claim ${claim}: ${json?.slice(0, 80) ?? 'left out'}`,
    apply: (draft) => ({ ...draft, claims: setMember(draft.claims, claim, json) }),
  };
}

const valued = claimName.chain((claim) => (VALUES[claim] ?? name).map((json) => setClaim(claim, json)));
const missing = claimName.map((claim) => setClaim(claim, undefined));
const odd = fc.tuple(claimName, anyJson).map(([claim, json]) => setClaim(claim, json));
const extra = fc
  .tuple(fc.constantFrom('nonce', 'roles', 'constructor', 'toString', '__proto__', '', 'Exp', 'sub\u0000'), anyJson)
  .map(([claim, json]) => setClaim(claim, json));
const deep = fc.constantFrom(30, 31, 32, 33, 200, 1500).map((depth) => setClaim('tree', nest(depth)));
const large = fc.integer({ min: 5000, max: 7000 }).map((size) => setClaim('note', JSON.stringify('x'.repeat(size))));
const nested = fc
  .constantFrom('{"a":1,"a":1}', '[{"a":{},"\\u0061":{}}]', '{"a":{"__proto__":1}}', '{"a":[{"b":1},{"b":1}]}')
  .map((json) => setClaim('tree', json));
/** A claim that is there twice, in front or behind, perhaps spelt otherwise. */
const doubled = fc
  .tuple(claimName, fc.boolean(), fc.boolean(), fc.boolean())
  .map(([claim, isFirst, isEscaped, isSame]): Mutation => {
    const written = isEscaped ? `"\\u00${claim.charCodeAt(0).toString(16)}${claim.slice(1)}"` : JSON.stringify(claim);
    return {
      name: `claim ${written} twice${isFirst ? ', the other first' : ''}`,
      apply(draft) {
        const own = draft.claims.find(([known]) => JSON.parse(known) === claim)?.[1] ?? '"x"';
        const double = [[written, isSame ? own : '"somebody-else"']] as const;
        return { ...draft, claims: isFirst ? [...double, ...draft.claims] : [...draft.claims, ...double] };
      },
    };
  });

/** Whatever can be written into the claims before they are signed. */
export const claimMutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 12, arbitrary: valued },
  { weight: 2, arbitrary: missing },
  { weight: 2, arbitrary: odd },
  { weight: 2, arbitrary: extra },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: large },
  { weight: 1, arbitrary: nested },
  { weight: 2, arbitrary: doubled },
);
