import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  ConfigurationError,
  createGate,
  createKeyRing,
  createTokenMinter,
  createTokenVerifier,
  type GateOptions,
} from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import { makeCertificate } from '../support/make-certificate.js';
import { runNode } from '../support/run-node.js';

const issuer = await createTestIssuer();
const [entry] = issuer.trust;
const authority = await makeCertificate({ name: 'authority', isAuthority: true });
const leaf = await makeCertificate({ name: 'leaf', authority });
const good: GateOptions = {
  service: 'order-service',
  audience: 'api://orders',
  trust: issuer.trust,
  signing: { issuer: 'https://orders.internal' },
  accessLog: { destination: { write() {} } },
};

function problemWith(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return `${error.option} | ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const service = { service: 'a', issuer: 'https://a.internal', grants: ['x'], keys: { jwks: issuer.jwks } };
const profile = {
  name: 'n',
  types: ['JWT'],
  requiredClaims: [],
  claims: { subject: 'sub', permissions: ['scope'] },
  maxLifetimeSeconds: { service: 1, user: 1, unknown: 1 },
  kindOf: () => 'user',
};
const trust = (change: object) => ({ trust: [{ ...entry, ...change }] });
const keys = (value: unknown) => trust({ keys: value });
const ORIGIN = 'https://orders.example';
const place = (publicOrigin: unknown) => ({ publicOrigin });
const prefix = (publicPathPrefix: unknown) => ({ ...place(ORIGIN), publicPathPrefix });
const dpop = (value: object) => ({ ...place(ORIGIN), dpop: value });
const hop = (change: object) => ({
  certificates: { from: 'hop', hop: { loopback: true }, format: 'client-cert', ...change },
});
const named = { certificates: { from: 'connection', use: 'identity' } };
const ca = (change: object) => ({
  ...named,
  trust: [{ certificateAuthority: 'shop-ca', certificates: authority.cert, grants: {}, ...change }],
});
const nginx = { format: 'nginx', field: 'x-ssl-cert', verifyField: 'x-ssl-verify' };

describe('a gate that is configured wrongly does not come up, and says what to write:', () => {
  it('accepts the honest twin of them all', () => {
    expect(problemWith(() => createGate(good))).toBe('accepted');
    expect(problemWith(() => createGate({ ...good, ...ca({}) } as GateOptions))).toBe('accepted');
    expect(problemWith(() => createGate({ ...good, trust: [service] }))).toBe('accepted');
    expect(problemWith(() => createGate({ ...good, ...trust({ profile }) } as never))).toBe('accepted');
    const proofs = { algorithms: ['ES256', 'Ed25519'], maxAgeSeconds: 300, replayStore: { claim: () => true } };
    for (const nonce of [true, false, { secret: 'x'.repeat(32) }, { secret: new Uint8Array(32) }]) {
      const whole = { ...good, ...prefix('/api/v1.0'), proof: 'required', dpop: { ...proofs, nonce } };
      expect(problemWith(() => createGate(whole as never))).toBe('accepted');
    }
    for (const publicOrigin of [
      'https://orders.example:8443',
      'HTTPS://Orders.Example',
      'http://127.0.0.1:3000',
      'https://[::1]',
    ]) {
      expect(problemWith(() => createGate({ ...good, publicOrigin, proof: 'when-bound' }))).toBe('accepted');
    }
    for (const resourceMetadata of ['https://orders.example/metadata?v=1', 'http://localhost:3000/metadata']) {
      expect(problemWith(() => createGate({ ...good, challenge: { nameScopes: true, resourceMetadata } }))).toBe(
        'accepted',
      );
    }
    for (const change of [{}, nginx, { format: 'alb' }, { format: 'xfcc', by: 'spiffe://a/b' }, { field: 'X-Cert' }]) {
      expect(problemWith(() => createGate({ ...good, ...hop(change) } as never))).toBe('accepted');
    }
    const bound = { certificates: { from: 'connection' }, proof: 'required' };
    expect(problemWith(() => createGate({ ...good, ...bound } as never))).toBe('accepted');
  });

  it.each<[string, object, string, RegExp]>([
    [
      'no service',
      { service: undefined },
      'service',
      /undefined \(is an environment variable unset\?\).*'order-service'/,
    ],
    ['an empty audience', { audience: '' }, 'audience', /an empty string.*'api:\/\/orders'/],
    ['an unset audience', { audience: undefined }, 'audience', /undefined \(is an environment variable unset\?\)/],
    ['an audience that is null', { audience: null }, 'audience', /null/],
    ['an audience that is a RegExp', { audience: /orders/ }, 'audience', /a RegExp/],
    ['an audience that is a number', { audience: 7 }, 'audience', /the number 7/],
    ['no audience in the list', { audience: [] }, 'audience', /empty list/],
    ['an unset audience in the list', { audience: ['a', undefined] }, 'audience[1]', /undefined/],
    ['no trust', { trust: undefined }, 'trust', /undefined.*issuer:/],
    ['nobody to trust', { trust: [] }, 'trust', /an empty list/],
    ['trust in text', { trust: 'https://idp.example' }, 'trust', /a string/],
    ['trust in an object', { trust: entry }, 'trust', /an object/],
    ['an entry that is text', { trust: ['https://idp.example'] }, 'trust[0]', /a string/],
    ['an entry that is null', { trust: [null] }, 'trust[0]', /must be an object, found null/],
    ['an unset issuer', trust({ issuer: undefined }), 'trust[0].issuer', /undefined.*https:\/\/idp/],
    ['an empty issuer', trust({ issuer: '' }), 'trust[0].issuer', /an empty string/],
    ['an issuer that is a RegExp', trust({ issuer: /idp/ }), 'trust[0].issuer', /a RegExp/],
    ['an issuer twice', { trust: [entry, entry] }, 'trust[1].issuer', /appears twice/],
    [
      'a misspelt option of an issuer',
      trust({ audiences: 'a' }),
      'trust[0].audiences',
      /is not an option; known here: issuer/,
    ],
    ['an unset audience of an issuer', trust({ audience: undefined }), 'trust[0].audience', /undefined/],
    ['algorithms in text', trust({ algorithms: 'ES256' }), 'trust[0].algorithms', /non-empty list/],
    ['HMAC', trust({ algorithms: ['HS256'] }), 'trust[0].algorithms', /no HMAC/],
    ['none', trust({ algorithms: ['ES256', 'none'] }), 'trust[0].algorithms', /no none/],
    [
      'staleness without end',
      trust({ maxStaleSeconds: Number.POSITIVE_INFINITY }),
      'trust[0].maxStaleSeconds',
      /seconds from 0 to 604800/,
    ],
    [
      'a SPIFFE trust domain without keys',
      { trust: [{ trustDomain: 'a.example', bundle: {}, grants: {} }] },
      'trust[0].bundle.keys',
      /must be a list, found undefined/,
    ],
    ['revocation that is none', { revocation: true }, 'revocation', /must be an object, found true/],
    ['a store of revocations that is none', { revocation: { store: {} } }, 'revocation.store', /revokedBefore/],
    ['no store of revocations', { revocation: { store: null } }, 'revocation.store', /found null/],
    ['a misspelt protection', { revocation: { failOpen: true } }, 'revocation.failOpen', /is not an option/],
    [
      'a protection that is half off',
      { revocation: { dangerouslyFailOpen: 1 } },
      'revocation.dangerouslyFailOpen',
      /true or false/,
    ],
    ['a proof of another kind', { proof: 'always' }, 'proof', /required or when-bound, found "always"/],
    ['a proof that is true', { proof: true }, 'proof', /required or when-bound, found true/],
    ['a proof that is unset', { proof: undefined }, 'proof', /required or when-bound, found undefined/],
    ['a proof that nobody can show', { proof: 'required' }, 'proof', /write publicOrigin: 'https:/],
    ['an unset public origin', { publicOrigin: undefined }, 'publicOrigin', /undefined.*'https:\/\/orders\.example'/],
    ['a public origin without a scheme', place('orders.example'), 'publicOrigin', /without path/],
    ['a public origin of another scheme', place('ftp://orders.example'), 'publicOrigin', /without path/],
    ['a public origin with a slash', place('https://orders.example/'), 'publicOrigin', /without path/],
    ['a public origin with a path', place('https://orders.example/api'), 'publicOrigin', /without path/],
    ['a public origin with a dot for a path', place('https://orders.example/.'), 'publicOrigin', /without path/],
    ['a public origin with a query', place('https://orders.example?a'), 'publicOrigin', /without path/],
    ['a public origin with an empty query', place('https://orders.example?'), 'publicOrigin', /without path/],
    ['a public origin with a fragment', place('https://orders.example#a'), 'publicOrigin', /without path/],
    [
      'a public origin with a user',
      place('https://a:hunter2@orders.example'),
      'publicOrigin',
      /found "https:\/\/…@orders/,
    ],
    ['a public origin with a backslash', place('https://orders.example\\a'), 'publicOrigin', /without path/],
    ['a public origin with a space', place('https://orders.example '), 'publicOrigin', /without path/],
    ['a public origin with a port that is none', place('https://orders.example:99999'), 'publicOrigin', /without path/],
    ['a public origin with an address that is none', place('https://[::1::2]'), 'publicOrigin', /without path/],
    ['a public origin for everybody', place('*'), 'publicOrigin', /without path/],
    ['public origins', place(['https://a.example', 'https://b.example']), 'publicOrigin', /a list/],
    ['a prefix of no origin', { publicPathPrefix: '/api' }, 'publicPathPrefix', /without publicOrigin/],
    ['an unset prefix', prefix(undefined), 'publicPathPrefix', /undefined/],
    ['a prefix without a slash', prefix('api'), 'publicPathPrefix', /'\/orders'/],
    ['a prefix with a slash at its end', prefix('/api/'), 'publicPathPrefix', /without a slash at its end/],
    ['a prefix that is a slash', prefix('/'), 'publicPathPrefix', /without a slash at its end/],
    ['a prefix with two slashes', prefix('/api//v1'), 'publicPathPrefix', /'\/orders'/],
    ['a prefix that leads upwards', prefix('/api/..'), 'publicPathPrefix', /'\/orders'/],
    ['a prefix with a dot', prefix('/./api'), 'publicPathPrefix', /'\/orders'/],
    ['a prefix with encoding', prefix('/a%2Fb'), 'publicPathPrefix', /'\/orders'/],
    ['a prefix with a query', prefix('/api?v=1'), 'publicPathPrefix', /'\/orders'/],
    ['DPoP without a public origin', { dpop: {} }, 'publicOrigin', /is missing, which proofs name/],
    ['DPoP switched on', { ...place(ORIGIN), dpop: true }, 'dpop', /must be an object, found true/],
    ['DPoP that is unset', { ...place(ORIGIN), dpop: undefined }, 'dpop', /found undefined/],
    [
      'a misspelt option of DPoP',
      dpop({ nonces: true }),
      'dpop.nonces',
      /known here: algorithms, maxAgeSeconds, nonce/,
    ],
    ['no algorithm of proofs', dpop({ algorithms: [] }), 'dpop.algorithms', /non-empty list/],
    ['HMAC for proofs', dpop({ algorithms: ['HS256'] }), 'dpop.algorithms', /no HMAC/],
    ['unsigned proofs', dpop({ algorithms: ['ES256', 'none'] }), 'dpop.algorithms', /no none/],
    ['proofs without an age', dpop({ maxAgeSeconds: 0 }), 'dpop.maxAgeSeconds', /seconds from 1 to 300/],
    ['proofs of an hour', dpop({ maxAgeSeconds: 3600 }), 'dpop.maxAgeSeconds', /seconds from 1 to 300/],
    ['proofs of any age', dpop({ maxAgeSeconds: Number.NaN }), 'dpop.maxAgeSeconds', /NaN/],
    [
      'nonces in text',
      dpop({ nonce: 'yes' }),
      'dpop.nonce',
      /must be an object, found a string; write for example true/,
    ],
    ['nonces that are unset', dpop({ nonce: undefined }), 'dpop.nonce', /undefined/],
    ['nonces without a secret', dpop({ nonce: {} }), 'dpop.nonce.secret', /32 random bytes/],
    ['nonces with an unset secret', dpop({ nonce: { secret: undefined } }), 'dpop.nonce.secret', /32 random bytes/],
    [
      'nonces with a short secret',
      dpop({ nonce: { secret: 'hunter2' } }),
      'dpop.nonce.secret',
      /32 random bytes or more$/,
    ],
    ['nonces with few bytes', dpop({ nonce: { secret: Buffer.alloc(31) } }), 'dpop.nonce.secret', /32 random bytes/],
    ['nonces with a number', dpop({ nonce: { secret: 32 } }), 'dpop.nonce.secret', /32 random bytes/],
    ['a misspelt option of nonces', dpop({ nonce: { key: 'x' } }), 'dpop.nonce.key', /is not an option/],
    [
      'a replay store that is none',
      dpop({ replayStore: {} }),
      'dpop.replayStore',
      /claim\(key, expiresAt\), found an object/,
    ],
    ['no replay store', dpop({ replayStore: null }), 'dpop.replayStore', /found null/],
    ['a replay store that is unset', dpop({ replayStore: undefined }), 'dpop.replayStore', /found undefined/],
    ['an unknown profile', trust({ profile: 'rfc9069' }), 'trust[0].profile', /write rfc9068, .*, or a profile/],
    ['a profile from a prototype', trust({ profile: 'constructor' }), 'trust[0].profile', /is not a known profile/],
    ['a profile without types', trust({ profile: { ...profile, types: [] } }), 'trust[0].profile.types', /at\+jwt/],
    [
      'a profile without a subject',
      trust({ profile: { ...profile, claims: { permissions: [] } } }),
      'trust[0].profile.claims.subject',
      /undefined.*write for example 'sub'/,
    ],
    [
      'a profile with permissions in text',
      trust({ profile: { ...profile, claims: { subject: 'sub', permissions: 'scope' } } }),
      'trust[0].profile.claims.permissions',
      /must be a list/,
    ],
    [
      'a profile without a lifetime',
      trust({ profile: { ...profile, maxLifetimeSeconds: { service: 1, user: 1 } } }),
      'trust[0].profile.maxLifetimeSeconds.unknown',
      /seconds/,
    ],
    [
      'a profile without kindOf',
      trust({ profile: { ...profile, kindOf: undefined } }),
      'trust[0].profile.kindOf',
      /must be a function/,
    ],
    [
      'the profile of SPIFFE for an issuer',
      trust({ profile: 'spiffe' }),
      'trust[0].profile',
      /write \{ trustDomain: 'example\.org'/,
    ],
    ...(
      [
        ['an empty name', { name: '' }, 'name', /an empty string/],
        ['a number among its types', { types: ['JWT', 7] }, 'types[1]', /the number 7/],
        ['requiredClaims in text', { requiredClaims: 'sub' }, 'requiredClaims', /a list of strings/],
        ['forbiddenClaims in text', { forbiddenClaims: 'nonce' }, 'forbiddenClaims', /a list of strings/],
        ['requiredAnyOf in text', { requiredAnyOf: 'scp' }, 'requiredAnyOf', /must be a list/],
        ['a flat requiredAnyOf', { requiredAnyOf: ['scp', 'roles'] }, 'requiredAnyOf[0]', /must be a list of strings/],
        ['none of nothing', { requiredAnyOf: [['scp'], []] }, 'requiredAnyOf[1]', /an empty list, of which no token/],
        ['requiredValues in a list', { requiredValues: ['typ'] }, 'requiredValues', /\{ token_use: \['access'\] \}/],
        ['requiredValues in text', { requiredValues: 'access' }, 'requiredValues', /must be an object of claims/],
        ['a value without a list', { requiredValues: { typ: 'x' } }, 'requiredValues["typ"]', /must be a list/],
        ['no value', { requiredValues: { typ: [] } }, 'requiredValues["typ"]', /an empty list, of which no token/],
        ['a value of null', { requiredValues: { typ: ['x', null] } }, 'requiredValues["typ"][1]', /found null/],
        ['HMAC', { algorithms: ['HS256'] }, 'algorithms', /no HMAC/],
        ['no algorithms', { algorithms: [] }, 'algorithms', /non-empty list of algorithms/],
        ['checkClaims that is none', { checkClaims: true }, 'checkClaims', /must be a function/],
        ['a member of a later time', { clientAuth: 'x' }, 'clientAuth', /is not an option/],
        [
          'a lifetime of two years',
          { maxLifetimeSeconds: { service: 63_244_800 } },
          'maxLifetimeSeconds.service',
          /31622400/,
        ],
        ['a token id nowhere', { claims: { ...profile.claims, tokenId: [] } }, 'claims.tokenId', /empty list/],
        ['an audience in a number', { claims: { subject: 'sub', audience: 7 } }, 'claims.audience', /the number 7/],
        ['a path of no steps', { claims: { subject: [] } }, 'claims.subject', /empty list/],
        ['roles in text', { claims: { ...profile.claims, roles: 'role' } }, 'claims.roles', /must be a list/],
        ['a role nowhere', { claims: { ...profile.claims, roles: [[]] } }, 'claims.roles[0]', /empty list/],
        [
          'a client in a number',
          { claims: { ...profile.claims, clientId: 7 } },
          'claims.clientId',
          /found the number 7/,
        ],
        [
          'a client that is somewhere',
          { claims: { ...profile.claims, clientId: { anyOf: ['azp'] } } },
          'claims.clientId.anyOf',
          /known here: firstOf/,
        ],
        [
          'places of a client in text',
          { claims: { ...profile.claims, clientId: { firstOf: 'azp' } } },
          'claims.clientId.firstOf',
          /must be a list/,
        ],
        [
          'a client that is nowhere',
          { claims: { ...profile.claims, clientId: { firstOf: [] } } },
          'claims.clientId.firstOf',
          /an empty list, of which no token/,
        ],
      ] as const
    ).map(
      ([what, change, option, message]) =>
        [
          `a profile with ${what}`,
          trust({ profile: { ...profile, ...change } }),
          `trust[0].profile.${option}`,
          message,
        ] as [string, object, string, RegExp],
    ),
    [
      'a longest life of an unknown kind',
      trust({ maxLifetimeSeconds: { robot: 60 } }),
      'trust[0].maxLifetimeSeconds.robot',
      /known here: service, user, unknown/,
    ],
    [
      'a longest life beyond a day and an hour',
      trust({ maxLifetimeSeconds: { service: 90_001 } }),
      'trust[0].maxLifetimeSeconds.service',
      /from 1 to 90000/,
    ],
    ['a longest life of nothing', trust({ maxLifetimeSeconds: 300 }), 'trust[0].maxLifetimeSeconds', /service: 300/],
    ['roles in a list', trust({ profile: 'keycloak', roles: ['clerk'] }), 'trust[0].roles', /payment-manager/],
    ['roles of null', trust({ profile: 'keycloak', roles: null }), 'trust[0].roles', /must be an object, found null/],
    [
      'a role in text',
      trust({ profile: 'keycloak', roles: { clerk: 'orders:read' } }),
      'trust[0].roles["clerk"]',
      /a list of strings/,
    ],
    [
      'roles that the profile knows no place for',
      trust({ roles: { clerk: ['orders:read'] } }),
      'trust[0].roles',
      /names no claim that holds roles; write permissions: \{ roleClaims/,
    ],
    [
      'places of roles that are worth nothing',
      trust({ permissions: { roleClaims: ['roles'] } }),
      'trust[0].permissions.roleClaims',
      /worth nothing without roles/,
    ],
    [
      'a place of roles in text',
      trust({ permissions: { roleClaims: 'roles' }, roles: {} }),
      'trust[0].permissions.roleClaims',
      /must be a list/,
    ],
    [
      'keys of a trust domain',
      { trust: [{ trustDomain: 'a.example', bundle: { keys: [] }, grants: {}, keys: {} }] },
      'trust[0].keys',
      /is not an option; known here: trustDomain, bundle/,
    ],
    [
      'a trust domain twice',
      { trust: [1, 2].map(() => ({ trustDomain: 'a.example', bundle: { keys: [] }, grants: {} })) },
      'trust[1].trustDomain',
      /appears twice: "spiffe:\/\/a\.example"/,
    ],
    [
      'a use of certificates that is none',
      { certificates: { from: 'connection', use: 'both' } },
      'certificates.use',
      /'binding' or 'identity'/,
    ],
    [
      'an unset use of certificates',
      { certificates: { from: 'connection', use: undefined } },
      'certificates.use',
      /undefined/,
    ],
    ['certificates as identity that nobody vouches for', named, 'certificates.use', /nobody who vouches/],
    [
      'an authority where nobody asks for certificates',
      { ...ca({}), certificates: undefined },
      'certificates',
      /undefined/,
    ],
    [
      'an authority where certificates bind alone',
      { ...ca({}), certificates: { from: 'connection' } },
      'trust[0].certificateAuthority',
      /use: 'identity'/,
    ],
    ['an authority without name', ca({ certificateAuthority: '' }), 'trust[0].certificateAuthority', /an empty string/],
    ['an authority without certificates', ca({ certificates: undefined }), 'trust[0].certificates', /undefined/],
    ['an authority in no PEM', ca({ certificates: 'ca.pem' }), 'trust[0].certificates', /no certificate in PEM/],
    [
      'an authority that may sign nobody',
      ca({ certificates: [authority.cert, leaf.cert] }),
      'trust[0].certificates',
      /not of an authority/,
    ],
    [
      'an authority of nonsense',
      ca({ certificates: authority.cert.replace('MII', 'AAA') }),
      'trust[0].certificates',
      /can't be used/,
    ],
    ['an authority without grants', ca({ grants: undefined }), 'trust[0].grants', /an object of DNS names or URIs/],
    [
      'grants to a SPIFFE ID by an authority',
      ca({ grants: { 'spiffe://a/b': [] } }),
      'trust[0].grants["spiffe://a/b"]',
      /trust domain instead/,
    ],
    [
      'grants to a wildcard',
      ca({ grants: { '*.a.example': [] } }),
      'trust[0].grants["*.a.example"]',
      /neither a DNS name/,
    ],
    [
      'grants to a name in capitals',
      ca({ grants: { 'A.example': [] } }),
      'trust[0].grants["A.example"]',
      /in lower case/,
    ],
    ['grants of a permission with a space', ca({ grants: { a: ['x y'] } }), 'trust[0].grants["a"]', /scope token/],
    [
      'certificates that live for ever',
      ca({ maxCertificateLifetimeSeconds: 1e9 }),
      'trust[0].maxCertificateLifetimeSeconds',
      /from 60 to 34560000/,
    ],
    [
      'an authority twice',
      { ...named, trust: [...ca({}).trust, ...ca({}).trust] },
      'trust[1].certificateAuthority',
      /appears twice/,
    ],
    [
      'a misspelt option of permissions',
      trust({ permissions: { grant: {} } }),
      'trust[0].permissions.grant',
      /known here: claims, roleClaims, grants/,
    ],
    ['claims in text', trust({ permissions: { claims: 'scope' } }), 'trust[0].permissions.claims', /a list of strings/],
    [
      'grants in a list',
      trust({ permissions: { grants: ['a'] } }),
      'trust[0].permissions.grants',
      /order-service': \['orders:read'\]/,
    ],
    [
      'a grant in text',
      trust({ permissions: { grants: { a: 'x' } } }),
      'trust[0].permissions.grants["a"]',
      /a list of strings/,
    ],
    [
      'a grant with a space',
      trust({ permissions: { grants: { a: ['x y'] } } }),
      'trust[0].permissions.grants["a"]',
      /scope token/,
    ],
    ['permissions for nobody', trust({ permissions: { claims: [] } }), 'trust[0].permissions', /gives nobody anything/],
    ['a service without grants', { trust: [{ ...service, grants: undefined }] }, 'trust[0].grants', /undefined/],
    [
      'a service with permissions of a server',
      { trust: [{ ...service, permissions: {} }] },
      'trust[0].permissions',
      /is not an option/,
    ],
    ['a service without an issuer', { trust: [{ ...service, issuer: undefined }] }, 'trust[0].issuer', /undefined/],
    ['a service that is unset', { trust: [{ ...service, service: undefined }] }, 'trust[0].service', /undefined/],
    [
      'keys in text',
      keys('https://idp.example/jwks.json'),
      'trust[0].keys',
      /must be an object.*write for example \{ jwksUri/,
    ],
    ['keys from nowhere', keys({}), 'trust[0].keys', /exactly one of discovery, jwksUri, jwks, client, found none/],
    ['keys from two places', keys({ discovery: true, jwksUri: 'https://a/b' }), 'trust[0].keys', /found several/],
    ['discovery switched off', keys({ discovery: false }), 'trust[0].keys.discovery', /must be true/],
    ['an unset JWKS URL', keys({ jwksUri: undefined }), 'trust[0].keys.jwksUri', /undefined/],
    ['a JWKS path', keys({ jwksUri: '/jwks.json' }), 'trust[0].keys.jwksUri', /https URL/],
    [
      'a JWKS URL over http',
      keys({ jwksUri: 'http://idp.example/jwks.json' }),
      'trust[0].keys.jwksUri',
      /http only on loopback/,
    ],
    [
      'a JWKS URL that only begins like loopback',
      keys({ jwksUri: 'http://127.0.0.1.evil.example/' }),
      'trust[0].keys.jwksUri',
      /http only on loopback/,
    ],
    [
      'a JWKS URL with a password',
      keys({ jwksUri: 'https://a:b@idp.example/' }),
      'trust[0].keys.jwksUri',
      /without user information/,
    ],
    [
      'a JWKS URL with a user alone',
      keys({ jwksUri: 'https://a@idp.example/' }),
      'trust[0].keys.jwksUri',
      /without user information/,
    ],
    [
      'a JWKS URL with a password alone',
      keys({ jwksUri: 'https://:b@idp.example/' }),
      'trust[0].keys.jwksUri',
      /without user information/,
    ],
    ...['https5', 'web+http'].map((scheme): [string, object, string, RegExp] => [
      `a JWKS URL over ${scheme}`,
      keys({ jwksUri: `${scheme}://idp.example/` }),
      'trust[0].keys.jwksUri',
      /must be an https URL/,
    ]),
    ['a JWKS file', keys({ jwksUri: 'file:///etc/jwks.json' }), 'trust[0].keys.jwksUri', /https URL/],
    [
      'discovery of an issuer that is no URL',
      trust({ issuer: 'idp', keys: { discovery: true } }),
      'trust[0].issuer',
      /https URL/,
    ],
    ['a client that is none', keys({ client: {} }), 'trust[0].keys.client.getKeys', /must be a function/],
    ['a client that is unset', keys({ client: undefined }), 'trust[0].keys.client.getKeys', /must be a function/],
    ['a key set without keys', keys({ jwks: {} }), 'trust[0].keys.jwks.keys', /is not a list/],
    ['an empty key set', keys({ jwks: { keys: [] } }), 'trust[0].keys.jwks.keys', /empty list/],
    ['a key set that is a list', keys({ jwks: [] }), 'trust[0].keys.jwks', /must be an object/],
    [
      'a key that doesn’t parse',
      keys({ jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'A', y: 'A' }] } }),
      'trust[0].keys.jwks.keys',
      /no usable key: its first one has no canonical base64url in x/,
    ],
    [
      'a private key',
      keys({ jwks: { keys: [generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })] } }),
      'trust[0].keys.jwks.keys',
      /write public keys alone/,
    ],
    [
      'two keys of one kid',
      keys({ jwks: { keys: [...issuer.jwks.keys, ...issuer.jwks.keys] } }),
      'trust[0].keys.jwks.keys',
      /two keys of one kid/,
    ],
    [
      'an RSA key without an algorithm',
      keys({
        jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })] },
      }),
      'trust[0].keys.jwks.keys',
      /fits several.*configure one/,
    ],
    [
      'dangerouslyAllowHttp in text',
      keys({ jwksUri: 'http://a/b', dangerouslyAllowHttp: 'yes' }),
      'trust[0].keys.dangerouslyAllowHttp',
      /true or false/,
    ],
    ['a tolerance beyond a minute', { clockToleranceSeconds: 61 }, 'clockToleranceSeconds', /seconds from 0 to 60/],
    ['a tolerance that is not a number', { clockToleranceSeconds: Number.NaN }, 'clockToleranceSeconds', /NaN/],
    ['a tolerance in text', { clockToleranceSeconds: '5' }, 'clockToleranceSeconds', /a string/],
    ['a tolerance that is unset', { clockToleranceSeconds: undefined }, 'clockToleranceSeconds', /undefined/],
    ['a clock that stands', { now: 1_800_000_000 }, 'now', /must be a function/],
    ['a blank audience', { audience: ' ' }, 'audience', /non-empty string/],
    ['an empty list within trust', { trust: [[]] }, 'trust', /trusts nobody/],
    ['a list with holes', { trust: new Array(1) }, 'trust', /trusts nobody/],
    ['an entry of a list within trust', { trust: [service, [{}]] }, 'trust[1][0].issuer', /undefined/],
    [
      'a danger in text, where it would not matter',
      keys({ jwks: issuer.jwks, dangerouslyAllowHttp: 'yes' }),
      'trust[0].keys.dangerouslyAllowHttp',
      /true or false/,
    ],
    [
      'a clock that returns nothing',
      { now: () => undefined },
      'now',
      /must return seconds since the epoch, returned undefined/,
    ],
    ['a clock that returns no number', { now: () => Number.NaN }, 'now', /returned the number NaN/],
    ['a clock that promises', { now: async () => 1_800_000_000 }, 'now', /returned an object/],
    ['a misspelt option', { audiance: 'a' }, 'options.audiance', /known here: service, audience/],
    ['signing without an issuer', { signing: {} }, 'signing.issuer', /undefined/],
    ['signing that is unset', { signing: undefined }, 'signing', /must be an object, found undefined/],
    [
      'tokens that live for an hour',
      { signing: { issuer: 'a', lifetimeSeconds: 3600 } },
      'signing.lifetimeSeconds',
      /from 1 to 900/,
    ],
    ['a key ring that is none', { signing: { issuer: 'a', keyRing: {} } }, 'signing.keyRing', /createKeyRing/],
    ['a subject that is unset', { signing: { issuer: 'a', subject: undefined } }, 'signing.subject', /undefined/],
    [
      'a destination that is a path',
      { accessLog: { destination: '/var/log/access' } },
      'accessLog.destination',
      /write\(line\)/,
    ],
    ['an access log switched off', { accessLog: false }, 'accessLog', /must be an object, found false/],
    ['a batch in numbers', { accessLog: { batch: 50 } }, 'accessLog.batch', /true or false/],
    ['metrics in text', { metrics: 'on' }, 'metrics', /must be an object/],
    ['a registry that is none', { metrics: { registry: {} } }, 'metrics.registry', /Registry of prom-client/],
    [
      'certificates in text',
      { certificates: 'connection' },
      'certificates',
      /found a string.*\{ from: 'connection' \}/,
    ],
    ['certificates that are unset', { certificates: undefined }, 'certificates', /found undefined/],
    ['certificates switched on', { certificates: true }, 'certificates', /found true/],
    ['certificates from nowhere', { certificates: {} }, 'certificates.from', /'connection' or 'hop', found undefined/],
    ['certificates from a header', hop({ from: 'header' }), 'certificates.from', /'connection' or 'hop'/],
    [
      'a misspelt option of certificates',
      hop({ header: 'x' }),
      'certificates.header',
      /known here: from, use, hop, format/,
    ],
    [
      'a format beside our own TLS',
      { certificates: { from: 'connection', format: 'xfcc' } },
      'certificates.format',
      /has no meaning beside from: 'connection'/,
    ],
    [
      'a hop beside our own TLS, unset',
      { certificates: { from: 'connection', hop: undefined } },
      'certificates.hop',
      /has no meaning/,
    ],
    [
      'no format of a hop',
      hop({ format: undefined }),
      'certificates.format',
      /client-cert, xfcc, nginx, alb, found undef/,
    ],
    ['a format that is not known', hop({ format: 'envoy' }), 'certificates.format', /found "envoy"/],
    ['a format from a prototype', hop({ format: 'constructor' }), 'certificates.format', /found "constructor"/],
    ['no hop', hop({ hop: undefined }), 'certificates.hop', /found undefined.*\{ loopback: true \}/],
    ['a hop in text', hop({ hop: 'loopback' }), 'certificates.hop', /found a string/],
    ['a hop that is anybody', hop({ hop: {} }), 'certificates.hop', /exactly one of unixSocket, loopback.*found none/],
    ['two hops', hop({ hop: { loopback: true, unixSocket: true } }), 'certificates.hop', /found several/],
    ['a hop of another kind', hop({ hop: { anybody: true } }), 'certificates.hop.anybody', /is not an option/],
    ['a hop switched off', hop({ hop: { loopback: false } }), 'certificates.hop.loopback', /must be true/],
    ['a hop that is nearly true', hop({ hop: { unixSocket: 1 } }), 'certificates.hop.unixSocket', /must be true/],
    [
      'a hop without a name',
      hop({ hop: { subjectAltName: '' } }),
      'certificates.hop.subjectAltName',
      /an empty string/,
    ],
    [
      'a hop with a pattern for a name',
      hop({ hop: { subjectAltName: /./ } }),
      'certificates.hop.subjectAltName',
      /a RegExp.*spiffe:/,
    ],
    [
      'no address of a hop',
      hop({ hop: { dangerouslyTrustAddresses: [] } }),
      'certificates.hop.dangerouslyTrustAddresses',
      /empty list/,
    ],
    [
      'a network of hops',
      hop({ hop: { dangerouslyTrustAddresses: ['10.0.0.7', '10.0.0.0/8'] } }),
      'certificates.hop.dangerouslyTrustAddresses',
      /must be IP addresses, found "10\.0\.0\.0\/8"/,
    ],
    ['a header that is none', hop({ field: 'x cert' }), 'certificates.field', /the name of a header, found "x cert"/],
    ['a header that is unset', hop({ field: undefined }), 'certificates.field', /undefined/],
    ['nginx without a header', hop({ ...nginx, field: undefined }), 'certificates.field', /undefined/],
    ['nginx without its verdict', hop({ ...nginx, verifyField: undefined }), 'certificates.verifyField', /undefined/],
    [
      'a verdict of something else than nginx',
      hop({ verifyField: 'x-ssl-verify' }),
      'certificates.verifyField',
      /is for the format nginx alone/,
    ],
    ['an identity of ours that is unset', hop({ format: 'xfcc', by: undefined }), 'certificates.by', /undefined/],
    [
      'an identity of ours, and no XFCC',
      hop({ by: 'spiffe://a/b' }),
      'certificates.by',
      /is for the format xfcc alone/,
    ],
    [
      'a proof that nobody understands',
      { proof: 'required' },
      'proof',
      /publicOrigin: 'https:\/\/…' or certificates: \{ from: 'connection' \}/,
    ],
    ['a challenge in text', { challenge: { nameScopes: 'yes' } }, 'challenge.nameScopes', /true or false/],
    ...(
      [
        ['an unset place', undefined, /undefined \(is an environment variable unset\?\).*well-known/],
        ['a path', '/.well-known/oauth-protected-resource', /must be an https URL.*found "\/\.well-known/],
        ['a place over http', 'http://orders.example/', /http only on loopback/],
        ['a place on what only begins like loopback', 'http://127.0.0.1.evil.example/', /http only on loopback/],
        ['a file', 'file:///metadata', /must be an https URL/],
        [
          'a place with a password',
          'https://u:hunter2@orders.example/',
          /without user or fragment, found "https:\/\/…@/,
        ],
        ['a place with a user', 'https://u@orders.example/', /without user/],
        ['a part of a place', 'https://orders.example/#x', /without user or fragment/],
        ['a place that would end the challenge', 'https://orders.example/"x', /must be an https URL/],
        ['a place with a space', 'https://orders.example/ x', /must be an https URL/],
      ] as const
    ).map(
      ([what, resourceMetadata, message]) =>
        [`${what} for metadata`, { challenge: { resourceMetadata } }, 'challenge.resourceMetadata', message] as [
          string,
          object,
          string,
          RegExp,
        ],
    ),
    ['a misspelt challenge', { challenge: { scopes: true } }, 'challenge.scopes', /known here: nameScopes, resource/],
  ])('%s', (_what, change, option, message) => {
    const problem = problemWith(() => createGate({ ...good, ...change } as GateOptions));
    expect(problem).toMatch(message);
    expect(problem.split(' | ')[0]).toBe(option);
    expect(problemWith(() => countersign({ ...good, ...change } as GateOptions))).toBe(problem);
  });

  it.each([undefined, null, 'options', 7, [], /x/])('options that are %j', (options) => {
    expect(problemWith(() => createGate(options as never))).toMatch(
      /^options \| countersign: options must be an object/,
    );
    expect(problemWith(() => createTokenVerifier(options as never))).toMatch(/must be an object/);
    expect(problemWith(() => createTokenMinter(options as never))).toMatch(/must be an object/);
  });
});

describe('a requirement that is none is an error at start:', () => {
  const gate = countersign(good);
  it.each<[string, () => unknown, RegExp]>([
    ['no permission', () => gate.requirePermission(undefined as never), /requirement\.permissions/],
    ['an empty permission', () => gate.requirePermission(''), /empty string/],
    ['an empty list', () => gate.requirePermission([]), /at least one permission/],
    ['a permission with a space', () => gate.requirePermission('orders:read orders:write'), /scope token/],
    ['a permission with a quote', () => gate.requirePermission(['a', 'b"c']), /scope token/],
    ['a RegExp', () => gate.requirePermission(/orders/ as never), /list of strings, found a RegExp/],
    [
      'a misspelt option',
      () => gate.requirePermission('a', { kind: ['service'] } as never),
      /requirePermission\.options\.kind is not an option; known here: anyOf, kinds/,
    ],
    ['an unknown kind', () => gate.require({ kinds: ['robot' as never] }), /service, user, unknown/],
    ['no kind', () => gate.require({ kinds: [] }), /requirement\.kinds/],
    [
      'permissions in the options',
      () => gate.requirePermission('a', { permissions: ['b'] } as never),
      /requirePermission\.options\.permissions is not an option/,
    ],
    [
      'a second permission for options',
      () => gate.requirePermission('a', 'b' as never),
      /requirePermission\.options must be an object/,
    ],
    [
      'null for options',
      () => gate.requirePermission('a', null as never),
      /requirePermission\.options must be an object, found null/,
    ],
    ['an unset anyOf', () => gate.require({ anyOf: undefined as never }), /requirement\.anyOf/],
    ['an option of a later time', () => gate.require({ quota: 5 } as never), /requirement\.quota is not an option/],
    [
      'a proof of another kind',
      () => gate.require({ proof: 'always' } as never),
      /requirement\.proof must be required or/,
    ],
    ['public without a reason', () => gate.public(''), /requirement\.public/],
    [
      'a proof that this gate doesn’t understand',
      () => gate.require({ proof: 'required' }),
      /requirement\.proof is required, and no proof is understood/,
    ],
    ['public and guarded at once', () => gate.require({ public: 'why', permissions: ['a'] } as never), /contradicts/],
    ['a layer that is none', () => gate.passes(undefined, 'why'), /passes\.layer/],
    ['a layer without a reason', () => gate.passes(() => {}, ''), /passes\.why/],
    ['an application that is none', () => gate.assertCovered({}), /must be an Express application/],
    ['a function that is no application', () => gate.assertCovered(() => {}), /without routes/],
  ])('%s', (_what, make, message) => {
    expect(problemWith(make)).toMatch(message);
  });
});

const client = (change: object) => () =>
  createGate(good).client({ audience: 'api://p', origins: ['https://p.internal'], ...change } as never);

describe('a client that is configured wrongly', () => {
  it.each<[string, object, RegExp]>([
    ['no audience', { audience: undefined }, /client\.audience/],
    ['two audiences', { audience: ['a', 'b'] }, /client\.audience.*a list/],
    ['no origins', { origins: undefined }, /client\.origins/],
    ['an empty list of origins', { origins: [] }, /client\.origins/],
    [
      'an origin with a path',
      { origins: ['https://p.internal/api'] },
      /client\.origins\[0\].*write "https:\/\/p\.internal"/,
    ],
    ['an origin with a query', { origins: ['https://p.internal?x'] }, /an origin alone/],
    ['an origin with a user', { origins: ['https://u@p.internal'] }, /an origin alone/],
    ['an origin without a scheme', { origins: ['p.internal'] }, /http\(s\) origin/],
    ['an origin of another scheme', { origins: ['ftp://p.internal'] }, /http\(s\) origin/],
    ['an origin over http', { origins: ['http://p.internal'] }, /must be https.*dangerouslyAllowHttp/],
    ['a wildcard', { origins: ['*'] }, /http\(s\) origin/],
    ['a permission with a space', { permissions: ['a b'] }, /client\.permissions/],
    ['a misspelt option', { scopes: ['a'] }, /client\.scopes is not an option/],
    ['a life of an hour', { lifetimeSeconds: 3600 }, /client\.lifetimeSeconds/],
  ])('is an error at once: %s', (_what, change, message) => {
    expect(problemWith(client(change))).toMatch(message);
  });

  it('accepts origins as people write them', () => {
    expect(
      problemWith(
        client({
          origins: [
            'https://p.internal/',
            'HTTPS://P.internal',
            'https://p.internal:443',
            'http://127.0.0.1:80',
            'http://[::1]:8080',
          ],
        }),
      ),
    ).toBe('accepted');
  });

  it('needs somebody who signs', async () => {
    const { signing: _, ...silent } = good;
    const mute = countersign(silent);
    expect(problemWith(() => mute.client({ audience: 'a', origins: ['https://a'] }))).toMatch(/^signing/);
    expect(problemWith(() => mute.jwks())).toMatch(/^signing/);
    expect(problemWith(() => mute.metadata())).toMatch(/^signing/);
    const nameless = countersign({ ...good, signing: { issuer: 'orders' } });
    expect(problemWith(() => nameless.metadata())).toMatch(/^signing\.issuer .*https URL/);
    expect(problemWith(() => countersign(good).metadata({ jwksUri: 'nope' }))).toMatch(
      /^metadata\.jwksUri .*https URL/,
    );
    await expect(mute.mint({ audience: 'a' })).rejects.toThrow(/signing is missing/);
    expect(problemWith(() => countersign({ ...good, metrics: false }).metrics())).toMatch(/^metrics/);
  });
});

describe('signing in production', () => {
  const before = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = before;
  });

  it('needs keys that outlive the process', async () => {
    process.env['NODE_ENV'] = 'production';
    expect(problemWith(() => createGate(good))).toMatch(/^signing\.keyRing .*createKeyRing\(\{ active: \{ file/);
    expect(problemWith(() => createGate({ ...good, signing: { issuer: 'a', keyRing: createKeyRing() } }))).toBe(
      'accepted',
    );
    await expect(createTestIssuer()).rejects.toThrow(/NODE_ENV is production/);
  });
});

describe('options that are not what they seem', () => {
  it('are read with what they inherit, and once', async () => {
    const inherited = Object.assign(Object.create({ service: 'order-service', issuer: issuer.issuer, grants: ['a'] }), {
      keys: { jwks: issuer.jwks },
    });
    const verifier = createTokenVerifier({ audience: 'a', trust: [inherited] });
    const claims = { aud: 'a', sub: 'order-service', client_id: 'order-service', scope: 'a root' };
    expect([...(await verifier.verify(await issuer.sign(claims))).permissions]).toEqual(['a']);
    await expect(verifier.verify(await issuer.sign({ ...claims, sub: 'alice' }))).rejects.toMatchObject({
      reason: 'claim_invalid',
    });

    class Rules {
      get claims(): string[] {
        return [];
      }
      get grants() {
        return { 'test-service': ['b'] };
      }
    }
    const ruled = createTokenVerifier({
      audience: 'a',
      trust: [{ issuer: issuer.issuer, keys: { jwks: issuer.jwks }, permissions: new Rules() }],
    });
    expect([...(await ruled.verify(await issuer.sign({ aud: 'a', scope: 'root' }))).permissions]).toEqual(['b']);
  });

  it('change nothing afterwards', async () => {
    const options = {
      audience: ['a'],
      trust: [{ issuer: issuer.issuer, keys: { jwks: issuer.jwks } }],
      clockToleranceSeconds: 5,
    };
    const verifier = createTokenVerifier(options);
    options.audience[0] = 'b';
    options.clockToleranceSeconds = 60;
    await expect(verifier.verify(await issuer.sign({ aud: 'b' }))).rejects.toMatchObject({
      reason: 'audience_mismatch',
    });
    await expect(verifier.verify(await issuer.sign({ aud: 'a' }))).resolves.toBeDefined();
  });

  it('are not told with a password in them', () => {
    const problem = problemWith(() =>
      createGate({ ...good, ...keys({ jwksUri: 'https://user:hunter2@idp.example/' }) } as GateOptions),
    );
    expect(problem).toMatch(/without user information/);
    expect(problem + problemWith(client({ origins: ['https://user:hunter2@a.example'] }))).not.toMatch(/hunter2/);
    const others = [place('https://user:hunter2@a.example'), dpop({ nonce: { secret: 'hunter2' } })];
    for (const other of others) {
      expect(problemWith(() => createGate({ ...good, ...other } as GateOptions))).toMatch(
        /^(?!.*hunter2)(publicOrigin|dpop)/,
      );
    }
  });
});

describe('keys that are written down', () => {
  it('are ready at once, and never stale', async () => {
    expect(await createGate(good).ready()).toEqual({
      ready: true,
      issuers: [{ issuer: issuer.issuer, usable: true, stale: false, ageSeconds: 0 }],
    });
  });

  it('tell why they can’t be used, and what caused it', () => {
    const twins = [...issuer.jwks.keys, ...issuer.jwks.keys];
    const cause = new Error('the key set has two keys of one kid');
    const open = () => createGate({ ...good, ...keys({ jwks: { keys: twins } }) } as never);
    expect(open).toThrow(expect.objectContaining({ cause }));
  });
});

describe('a danger that is switched on', () => {
  it('is told where it is, and a danger that is left off is not', () => {
    const told: unknown[] = [];
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation((...warning) => void told.push(warning));
    const jwksUri = 'https://idp.example/jwks.json';
    createGate({ ...good, ...keys({ jwksUri, dangerouslyAllowHttp: false }) });
    expect(told).toEqual([]);
    createGate({ ...good, ...keys({ jwksUri, dangerouslyAllowHttp: true }) });
    emit.mockRestore();
    expect(told).toEqual([
      [
        expect.stringMatching(/^trust\[0\]\.keys\.dangerouslyAllowHttp: keys are fetched without encryption/),
        { code: 'COUNTERSIGN_DANGEROUSLY_ALLOW_HTTP' },
      ],
    ]);
  });

  it('is told at start', async () => {
    const { stderr, code } = await runNode(
      `import { createGate } from 'countersign';
      const gate = createGate({
        service: 's', audience: 'a', signing: { issuer: 'https://s.internal', dangerouslyEphemeralKey: true },
        trust: [{ issuer: 'http://idp.mesh', keys: { jwksUri: 'http://idp.mesh/jwks', dangerouslyAllowHttp: true } }],
        certificates: { from: 'hop', hop: { dangerouslyTrustAddresses: '10.0.0.7' }, format: 'client-cert' },
      });
      gate.client({ audience: 'a', origins: ['http://a.mesh'], dangerouslyAllowHttp: true });`,
      { env: { NODE_ENV: 'production' } },
    );
    expect(code).toBe(0);
    expect(stderr.match(/\[COUNTERSIGN_\w+\]/g)).toEqual([
      '[COUNTERSIGN_DANGEROUSLY_TRUST_ADDRESSES]',
      '[COUNTERSIGN_DANGEROUSLY_ALLOW_HTTP]',
      '[COUNTERSIGN_DANGEROUSLY_EPHEMERAL_KEY]',
      '[COUNTERSIGN_DANGEROUSLY_ALLOW_HTTP]',
    ]);
  });
});

describe('a signing key that can’t be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
  const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each<[string, object, RegExp]>([
    ['unset', { text: undefined }, /keyRing\.active\.text.*undefined/],
    ['from nowhere', {}, /exactly one of text, file, jwk/],
    ['from two places', { text: pem, jwk }, /exactly one of/],
    [
      'a public key',
      { text: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) },
      /is no private key in PEM/,
    ],
    ['a public JWK', { jwk: { ...jwk, d: undefined, kty: 'OKP' } }, /no key that can be parsed/],
    ['a JWK without d', { jwk: { kty: 'OKP', crv: 'Ed25519', x: jwk.x } }, /its member d is missing/],
    ['a JWK for encryption', { jwk: { ...jwk, use: 'enc' } }, /not a key for signatures/],
    ['a JWK cut short', { text: JSON.stringify(jwk).slice(0, -3) }, /not JSON/],
    ['PEM with escaped line breaks', { text: pem.replaceAll('\n', '\\n') }, /backslash-n in place of line breaks/],
    ['PEM cut short', { text: `${pem.slice(0, 90)}\n-----END PRIVATE KEY-----` }, /no key that can be parsed/],
    ['an RSA key of 1024 bits', { text: rsa1024 }, /2048 bits or more/],
    [
      'a key on another curve',
      {
        text: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      },
      /P-256/,
    ],
    [
      'an encrypted key',
      {
        text: generateKeyPairSync('ed25519').privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-128-cbc',
          passphrase: 'x',
        }),
      },
      /encrypted/,
    ],
    ['a file that is not there', { file: join(folder, 'absent.pem') }, /can't be read \(ENOENT\)/],
    ['a file that is a number', { file: 7 }, /a path or a file URL/],
  ])('is an error that holds nothing of it: %s', (_what, active, message) => {
    const problem = problemWith(() => createKeyRing({ active } as never));
    expect(problem).toMatch(message);
    for (const secret of [pem.slice(40, 60), jwk.d as string, rsa1024.slice(60, 80)])
      expect(problem).not.toContain(secret);
  });

  it('and the honest twins are accepted: PEM and JWK, as text and as file', () => {
    const folder2 = mkdtempSync(join(tmpdir(), 'keys-'));
    const file = join(folder2, 'key.pem');
    writeFileSync(file, pem);
    const active = (source: object) => createKeyRing({ active: source } as never).activeKey().algorithm;
    expect([
      active({ text: pem }),
      active({ file }),
      active({ jwk }),
      active({ text: JSON.stringify(jwk) }),
      active({ text: `\n${pem}\n` }),
    ]).toEqual(['ES256', 'ES256', 'EdDSA', 'EdDSA', 'ES256']);
    rmSync(folder2, { recursive: true });
  });
});
