import type { Claims } from '../../identity/read-claim.js';
import { demand, ID_TOKEN_CLAIMS, type Preset } from './preset.js';

/**
 * Tokens that GitHub Actions gives to a job. Anybody's repository gets them, for any audience: what counts are grants that
 * name the whole subject. A name can be taken again by somebody else; customize the subject to hold `repository_id`.
 */
export const githubActions: Preset = () => ({
  name: 'github-actions',
  types: ['JWT', null],
  algorithms: ['RS256'],
  requiredClaims: ['sub', 'jti', 'nbf', 'repository', 'repository_id', 'repository_owner_id', 'job_workflow_ref'],
  forbiddenClaims: ID_TOKEN_CLAIMS,
  claims: { subject: 'sub', permissions: [] },
  maxLifetimeSeconds: { service: 900, user: 1, unknown: 1 },
  kindOf: () => 'service',
  checkClaims(claims: Claims) {
    for (const name of ['repository', 'repository_id', 'repository_owner_id', 'job_workflow_ref']) {
      demand(typeof claims[name] === 'string' && claims[name] !== '', `the claim ${name} is not text`);
    }
  },
});
