import { ConfigurationError } from '../../errors.js';
import type { Claims } from '../../identity/read-claim.js';
import { demand, ID_TOKEN_CLAIMS, type Preset } from './preset.js';

/**
 * Keycloak. Its header says `JWT` for every kind of token (`at+jwt` where a client switch asks for it); the claim `typ`
 * tells: `Bearer`, or `DPoP` of a bound one, not `ID`, `Refresh` or `Offline`. Roles of the realm count, and of clients only those of ours: the
 * client whose id is the audience.
 */
export const keycloak: Preset = ({ option, audience }) => {
  if (audience.has('account')) {
    throw new ConfigurationError(
      `${option}.audience`,
      "holds 'account', which Keycloak puts into tokens for everybody; write the client id of this service, and give its clients an audience mapper",
    );
  }
  return {
    name: 'keycloak',
    types: ['JWT', 'at+jwt'],
    requiredClaims: ['sub', 'azp', 'jti'],
    requiredValues: { typ: ['Bearer', 'DPoP'] },
    forbiddenClaims: ID_TOKEN_CLAIMS,
    claims: {
      subject: 'sub',
      clientId: 'azp',
      permissions: ['scope'],
      roles: [['realm_access', 'roles'], ...[...audience].map((client) => ['resource_access', client, 'roles'])],
    },
    maxLifetimeSeconds: { service: 900, user: 3600, unknown: 900 },
    kindOf,
    checkClaims: ({ typ, cnf }) =>
      demand(typ === 'Bearer' || cnf !== undefined, 'the token says DPoP, and is bound to nothing'),
  };
};

/**
 * A service account's token has the session note `client_id` and no user session (`sid`); its `preferred_username` is no
 * proof, for users choose theirs.
 */
function kindOf(claims: Claims): 'service' | 'user' | 'unknown' {
  const hasSession = Object.hasOwn(claims, 'sid');
  const isClient = claims['client_id'] !== undefined && claims['client_id'] === claims['azp'];
  if (isClient && !hasSession) return 'service';
  return hasSession && !Object.hasOwn(claims, 'client_id') ? 'user' : 'unknown';
}
