import { AccessDenied } from '../../errors.js';
import { parseSpiffeId, type SpiffeId } from '../../identity/parse-spiffe-id.js';
import type { TokenProfile } from '../token-profile.js';
import { demand, ID_TOKEN_CLAIMS } from './preset.js';

/**
 * JWT-SVIDs of one SPIFFE trust domain. `iss` means nothing in them (JWT-SVID section 3); who calls, and whose keys count,
 * is in `sub`.
 */
export function spiffe(trustDomain: string): TokenProfile {
  return {
    name: 'spiffe',
    types: [null, 'JWT', 'JOSE'], // JWT-SVID section 2.3
    algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'], // section 2.1
    requiredClaims: ['sub'],
    forbiddenClaims: ID_TOKEN_CLAIMS,
    claims: { subject: 'sub', permissions: [] },
    maxLifetimeSeconds: { service: 900, user: 1, unknown: 1 },
    kindOf: () => 'service',
    checkClaims(claims) {
      const id = readSubject(String(claims['sub']));
      demand(id.trustDomain === trustDomain, 'the subject is of another trust domain');
      // SPIFFE-ID section 2.2: without a path it is the trust domain's own name, which no workload bears.
      demand(id.path !== '', 'the subject is the trust domain, and no workload');
    },
  };
}

function readSubject(subject: string): SpiffeId {
  try {
    return parseSpiffeId(subject);
  } catch (cause) {
    throw new AccessDenied('claim_invalid', 'the subject is no SPIFFE ID', { cause });
  }
}
