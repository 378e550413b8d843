import { ConfigurationError } from '../../errors.js';
import { type Claims, readClaim } from '../../identity/read-claim.js';
import { quoteText } from '../../options.js';
import { demand, ID_TOKEN_CLAIMS, type Preset } from './preset.js';

/** Namespaces are DNS labels (RFC 1123), names of service accounts DNS subdomains. */
const SUBJECT =
  /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?):([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)$/;
const API_SERVER = /^(?:https:\/\/)?kubernetes\.default(?:\.svc(?:\..+)?)?\/?$/;

/**
 * Projected service-account tokens of a Kubernetes cluster, verified offline: a pod that is gone keeps its token until it
 * expires. The same subject exists in every cluster, so the cluster's issuer is part of who calls.
 */
export const kubernetes: Preset = ({ option, issuer, audience }) => {
  const isApiServer = (name: unknown) => name === issuer || (typeof name === 'string' && API_SERVER.test(name));
  const own = [...audience].find(isApiServer);
  if (own !== undefined) {
    throw new ConfigurationError(
      `${option}.audience`,
      `is the API server's (${quoteText(own)}), for which every pod has a token; write an audience of this service, and project tokens for it`,
    );
  }
  return {
    name: 'kubernetes',
    types: [null],
    algorithms: ['RS256', 'ES256'],
    requiredClaims: ['sub', 'nbf', 'kubernetes.io'],
    forbiddenClaims: ID_TOKEN_CLAIMS,
    claims: { subject: 'sub', permissions: [] },
    maxLifetimeSeconds: { service: 3600, user: 1, unknown: 1 },
    kindOf: () => 'service',
    checkClaims(claims) {
      checkSubject(claims);
      const { aud } = claims as { aud?: unknown };
      demand(!(Array.isArray(aud) && aud.length > 1 && aud.some(isApiServer)), "the token is the API server's too");
    },
  };
};

/** The subject repeats what the bound claims say. */
function checkSubject(claims: Claims): void {
  const [, namespace, name] = SUBJECT.exec(String(claims['sub'])) ?? [];
  demand(namespace !== undefined, 'the subject is no service account');
  demand(readClaim(claims, ['kubernetes.io', 'namespace']) === namespace, 'the namespace is another one');
  demand(readClaim(claims, ['kubernetes.io', 'serviceaccount', 'name']) === name, 'the service account is another one');
  const uid = readClaim(claims, ['kubernetes.io', 'serviceaccount', 'uid']);
  demand(typeof uid === 'string' && uid !== '', 'the service account has no uid');
}
