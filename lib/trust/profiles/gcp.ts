import type { Claims } from '../../identity/read-claim.js';
import { demand, ID_TOKEN_CLAIMS, type Preset } from './preset.js';

const SERVICE_ACCOUNT = /^[^@\s]+@(?:[a-z0-9-]+\.)*gserviceaccount\.com$/;

/**
 * Identity tokens of Google Cloud service accounts (`format=full`). Google signs people in under the same issuer, so only
 * the verified address of a service account is a caller; its unique id, `sub`, is what grants name.
 */
export const gcp: Preset = () => ({
  name: 'gcp',
  types: ['JWT', null],
  algorithms: ['RS256'],
  requiredClaims: ['sub', 'azp', 'email'],
  requiredValues: { email_verified: [true] },
  forbiddenClaims: [...ID_TOKEN_CLAIMS, 'hd'],
  claims: { subject: 'sub', clientId: 'azp', permissions: [] },
  maxLifetimeSeconds: { service: 3600, user: 1, unknown: 1 },
  kindOf: () => 'service',
  checkClaims(claims: Claims) {
    const { email } = claims as { email?: unknown };
    demand(typeof email === 'string' && SERVICE_ACCOUNT.test(email), 'the caller is no service account');
  },
});
