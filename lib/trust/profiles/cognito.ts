import type { Claims } from '../../identity/read-claim.js';
import { ID_TOKEN_CLAIMS, type Preset } from './preset.js';

/**
 * An Amazon Cognito user pool. Its access tokens have no `aud` unless a client asks for a resource: `client_id` stands in
 * for it, so the entry's `audience` are ids of app clients.
 */
export const cognito: Preset = () => ({
  name: 'cognito',
  types: [null, 'JWT'],
  algorithms: ['RS256'],
  requiredClaims: ['sub', 'client_id', 'jti'],
  requiredValues: { token_use: ['access'] },
  forbiddenClaims: [...ID_TOKEN_CLAIMS, 'cognito:username'],
  claims: {
    subject: 'sub',
    clientId: 'client_id',
    audience: 'client_id',
    permissions: ['scope'],
    roles: ['cognito:groups'],
  },
  maxLifetimeSeconds: { service: 3600, user: 3600, unknown: 900 },
  kindOf,
});

/** A client that speaks for itself is the subject; a user has a name. */
function kindOf(claims: Claims): 'service' | 'user' | 'unknown' {
  const hasName = Object.hasOwn(claims, 'username');
  if (claims['sub'] === claims['client_id']) return hasName ? 'unknown' : 'service';
  return hasName ? 'user' : 'unknown';
}
