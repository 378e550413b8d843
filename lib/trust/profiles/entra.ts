import { ConfigurationError } from '../../errors.js';
import type { Claims } from '../../identity/read-claim.js';
import { quoteText } from '../../options.js';
import { demand, ID_TOKEN_CLAIMS, type Preset } from './preset.js';

const TENANT = /^https:\/\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0$/;

/**
 * Microsoft Entra ID, tokens of version 2.0 (`requestedAccessTokenVersion: 2` in the manifest of the API), one tenant an
 * entry. The subject is `oid`: `sub` is another one for each application. App roles count by the entry's `roles`.
 */
export const entra: Preset = ({ option, issuer }) => {
  const tenant = TENANT.exec(issuer)?.[1];
  if (tenant === undefined) {
    throw new ConfigurationError(
      `${option}.issuer`,
      `must name one tenant by its id, found ${quoteText(issuer)}; write 'https://login.microsoftonline.com/<tenant id>/v2.0'`,
    );
  }
  return {
    name: 'entra',
    types: ['JWT'],
    algorithms: ['RS256'], // its published keys name none
    requiredClaims: ['sub', 'oid', 'azp', 'azpacr'],
    // Any application of the tenant gets a token for any audience: one without scope or role was given nothing.
    requiredAnyOf: [['scp', 'roles']],
    requiredValues: { ver: ['2.0'], tid: [tenant] },
    forbiddenClaims: ID_TOKEN_CLAIMS,
    claims: { subject: 'oid', clientId: 'azp', tokenId: 'uti', permissions: ['scp'], roles: ['roles'] },
    // It signs for 60 to 90 minutes, and dates tokens back by five.
    maxLifetimeSeconds: { service: 5700, user: 5700, unknown: 900 },
    kindOf,
    checkClaims,
  };
};

/** Delegated permissions (`scp`) are a user's; `idtyp`, where the application asks for it, must agree. */
function kindOf(claims: Claims): 'service' | 'user' | 'unknown' {
  const { idtyp } = claims as { idtyp?: unknown };
  if (Object.hasOwn(claims, 'scp')) return idtyp === undefined || idtyp === 'user' ? 'user' : 'unknown';
  return idtyp === undefined || idtyp === 'app' ? 'service' : 'unknown';
}

/** `azpacr`: how the client was authenticated; 0 is not at all, which no application can be that speaks for itself. */
function checkClaims(claims: Claims): void {
  const isUsers = Object.hasOwn(claims, 'scp');
  const accepted: readonly unknown[] = isUsers ? ['0', '1', '2'] : ['1', '2'];
  demand(accepted.includes(claims['azpacr']), 'the client was not authenticated (azpacr)');
}
