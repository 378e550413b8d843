import { ConfigurationError } from '../../errors.js';
import type { Claims } from '../../identity/read-claim.js';
import { quoteText } from '../../options.js';
import { ID_TOKEN_CLAIMS, type Preset, refuseOwnClient } from './preset.js';

/** A custom authorization server of Okta. Tokens of the organization's own server are for Okta alone. */
export const okta: Preset = ({ option, issuer }) => {
  if (!/\/oauth2\/[^/]+$/.test(issuer)) {
    throw new ConfigurationError(
      `${option}.issuer`,
      `must be a custom authorization server, found ${quoteText(issuer)}; write for example 'https://acme.okta.com/oauth2/default'`,
    );
  }
  return {
    name: 'okta',
    types: [null, 'JWT', 'at+jwt'],
    algorithms: ['RS256'],
    requiredClaims: ['sub', 'cid', 'scp', 'jti'],
    requiredValues: { ver: [1] },
    forbiddenClaims: ID_TOKEN_CLAIMS,
    claims: { subject: 'sub', clientId: 'cid', permissions: ['scp'], roles: ['groups'] },
    maxLifetimeSeconds: { service: 3600, user: 3600, unknown: 900 },
    kindOf,
    checkClaims: (claims) => refuseOwnClient(claims, 'cid'),
  };
};

/** `uid` is the user; without one the client speaks for itself, and is the subject. */
function kindOf(claims: Claims): 'service' | 'user' | 'unknown' {
  if (Object.hasOwn(claims, 'uid')) return 'user';
  return claims['sub'] === claims['cid'] ? 'service' : 'unknown';
}
