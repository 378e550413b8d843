// What is changed together, and the tests that must notice. A change that few tests notice is noticed by all of them: a
// score by few is the least that it can be, and takes minutes in place of hours.

const profiles = ['auth0', 'cognito', 'entra', 'gcp', 'github-actions', 'keycloak', 'kubernetes', 'okta'];

export const areas = {
  jose: {
    files: ['lib/jose/**/*.ts'],
    tests: ['jose/strict-parsing', 'jose/import-public-key', 'jose/beside-jose'],
  },
  verify: {
    files: ['authenticate-token', 'check-claims', 'check-intended', 'read-principal', 'verify-token'].map(
      (name) => `lib/token/${name}.ts`,
    ),
    tests: [
      'token/verify-token',
      'trust/own-profile',
      'trust/profiles/cognito',
      'trust/profiles/spiffe',
      'binding/check-proof',
    ],
  },
  mint: { files: ['lib/token/mint-token.ts'], tests: ['token/mint-token'] },
  revoke: {
    files: ['read-revocation', 'revocation-store', 'revoke-tokens'].map((name) => `lib/token/${name}.ts`),
    tests: ['token/revocation', 'gate/options'],
  },
  keys: {
    files: ['cache-remote-keys', 'fetch-json', 'fetch-keys', 'discover-jwks-uri', 'import-key-set'].map(
      (name) => `lib/trust/${name}.ts`,
    ),
    tests: ['trust/key-freshness', 'trust/remote-keys', 'trust/open-bundle', 'express/certificate-identity'],
  },
  'key-file': {
    files: ['own-file', 'open-key-file', 'read-key-directory'].map((name) => `lib/trust/${name}.ts`),
    tests: ['trust/key-file', 'express/certificate-identity'],
  },
  options: {
    files: [
      'hold-static-keys',
      'open-key-source',
      'read-entry-parts',
      'read-issuer',
      'read-profile',
      'read-trusted-issuers',
      'token-profile',
    ].map((name) => `lib/trust/${name}.ts`),
    tests: [
      'gate/options',
      'trust/own-profile',
      'token/verify-token',
      'trust/profiles/keycloak',
      'trust/key-file',
      'trust/key-freshness',
    ],
  },
  grants: {
    files: ['lib/trust/grant-permissions.ts', 'lib/trust/grant-to-workloads.ts'],
    tests: [
      'trust/own-profile',
      'trust/grant-to-workloads',
      'token/verify-token',
      'gate/options',
      'trust/profiles/keycloak',
    ],
  },
  domains: {
    files: ['lib/trust/open-bundle.ts', 'lib/trust/read-trust-domain.ts', 'lib/trust/profiles/spiffe.ts'],
    tests: ['trust/profiles/spiffe', 'trust/open-bundle'],
  },
  ...Object.fromEntries(
    profiles.map((name) => [name, { files: [`lib/trust/profiles/${name}.ts`], tests: [`trust/profiles/${name}`] }]),
  ),
  presets: {
    files: ['lib/trust/profiles/preset.ts', 'lib/trust/profiles/presets.ts', 'lib/trust/profiles/rfc9068.ts'],
    tests: ['token/verify-token', 'trust/profiles/auth0'],
  },
};
