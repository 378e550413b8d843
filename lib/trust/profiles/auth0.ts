import { ConfigurationError } from '../../errors.js';
import type { Claims } from '../../identity/read-claim.js';
import { quoteText } from '../../options.js';
import { demand, ID_TOKEN_CLAIMS, type Preset, refuseOwnClient } from './preset.js';

/**
 * Auth0, in its own dialect (`azp`) and in that of RFC 9068 (`client_id`). Permissions are those of `permissions`: without
 * its RBAC a `scope` holds whatever an application asks for.
 */
export const auth0: Preset = ({ option, issuer }) => {
  if (!issuer.endsWith('/')) {
    throw new ConfigurationError(
      `${option}.issuer`,
      `must end with a slash, as Auth0's iss does, found ${quoteText(issuer)}; write for example 'https://tenant.eu.auth0.com/'`,
    );
  }
  return {
    name: 'auth0',
    types: ['JWT', 'at+jwt'],
    algorithms: ['RS256', 'PS256'],
    requiredClaims: ['sub'],
    requiredAnyOf: [['azp', 'client_id']],
    forbiddenClaims: ID_TOKEN_CLAIMS,
    claims: { subject: 'sub', clientId: { firstOf: ['azp', 'client_id'] }, permissions: ['permissions'] },
    // What its dashboard gives to a new API; `maxLifetimeSeconds` of the entry lowers it.
    maxLifetimeSeconds: { service: 86_400, user: 86_400, unknown: 900 },
    kindOf,
    checkClaims,
  };
};

function clientOf(claims: Claims): unknown {
  return claims['azp'] ?? claims['client_id'];
}

/** A machine's subject is its client's name with `@clients`; `gty`, where there is one, must not say otherwise. */
function kindOf(claims: Claims): 'service' | 'user' | 'unknown' {
  const { sub, gty } = claims as { sub: string; gty?: unknown };
  const isMachineGrant = gty === undefined || gty === 'client-credentials';
  if (sub === `${clientOf(claims)}@clients`) return isMachineGrant ? 'service' : 'unknown';
  return sub.endsWith('@clients') || gty === 'client-credentials' ? 'unknown' : 'user';
}

function checkClaims(claims: Claims): void {
  const { azp, client_id: clientId } = claims as { azp?: unknown; client_id?: unknown };
  demand(azp === undefined || clientId === undefined || azp === clientId, 'azp and client_id name two clients');
  refuseOwnClient(claims, 'azp');
  refuseOwnClient(claims, 'client_id');
}
