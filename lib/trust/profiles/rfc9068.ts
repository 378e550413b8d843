import type { Preset } from './preset.js';

/** JWT access tokens of RFC 9068: explicitly typed, every claim of its section 2.2. */
export const rfc9068: Preset = () => ({
  name: 'rfc9068',
  types: ['at+jwt'], // section 4; with or without `application/` in front
  requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  claims: { subject: 'sub', clientId: 'client_id', permissions: ['scope'] },
  maxLifetimeSeconds: { service: 900, user: 3600, unknown: 900 },
  // Section 2.2: where no resource owner is involved, `sub` identifies the client.
  kindOf: (claims) => (claims['sub'] === claims['client_id'] ? 'service' : 'user'),
});
