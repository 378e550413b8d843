import type { Presented } from '../binding/check-binding.js';
import type { DescribeTarget } from '../binding/read-binding.js';
import { AccessDenied } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { type Credential, hasTokenInQuery, readCredential } from '../http/read-credential.js';
import type { Principal, Workload } from '../identity/principal.js';
import type { AuthenticateCertificate, AuthenticWorkload } from '../token/authenticate-certificate.js';
import { type VerificationRules, verifyToken } from '../token/verify-token.js';
import { isPending } from '../when-there.js';
import type { RefusalBudget } from './budget-refusals.js';
import type { RequestAttempt } from './request-attempt.js';

/** How callers are known, settled at start. */
export interface IdentificationRules {
  readonly rules: VerificationRules;
  readonly events: Events;
  /** Where this service is for its callers; left out: proofs are not understood. */
  readonly describeTarget?: DescribeTarget | undefined;
  /** How many bad credentials a peer may show; left out: any number. */
  readonly refusalBudget?: RefusalBudget | undefined;
  /** Where certificates name callers: who one is of. */
  readonly authenticateCertificate?: AuthenticateCertificate | undefined;
}

/** The verified caller of a request; a promise only where somebody has to be asked. @throws {AccessDenied} */
export type IdentifyCaller = (attempt: RequestAttempt) => Principal | Promise<Principal>;

/** Callers are known by their token; where certificates name them, by their certificate alone too. */
export function createIdentifier(settings: IdentificationRules): IdentifyCaller {
  const { rules, events, describeTarget, authenticateCertificate, refusalBudget } = settings;
  const spoken: ReadonlySet<string> = new Set(describeTarget ? ['bearer', 'dpop'] : ['bearer']);

  /** Who sent the request. What TLS says comes first: a certificate that nobody vouches for is refused, whatever else is shown. */
  async function identifySender(
    attempt: RequestAttempt,
    authenticate: AuthenticateCertificate,
  ): Promise<AuthenticWorkload | undefined> {
    const presented = attempt.certificate();
    if (!presented) return undefined;
    attempt.shownCertificate();
    const sender = await authenticate(presented);
    attempt.sentBy(sender);
    await rules.revocations?.check(sender.principal);
    return sender;
  }

  async function identifySent(attempt: RequestAttempt, authenticate: AuthenticateCertificate): Promise<Principal> {
    const sender = await identifySender(attempt, authenticate);
    if (sender && attempt.request.header('authorization').length === 0) return admitSender(sender, attempt);
    return identifyByToken(attempt, sender?.workload);
  }

  function identifyByToken(attempt: RequestAttempt, workload?: Workload): Principal | Promise<Principal> {
    const credential = readCredential(attempt.request, spoken);
    attempt.shown(credential.scheme);
    const presented = describePresented(credential, attempt, workload);
    return verifyToken(credential.unverifiedToken, rules, { presented, witness: attempt });
  }

  function admitSender({ principal, keysStale }: AuthenticWorkload, attempt: RequestAttempt): Principal {
    if (hasTokenInQuery(attempt.request.target)) {
      throw new AccessDenied('credential_ambiguous', 'the request shows a token in its query beside its certificate');
    }
    attempt.authentic(principal, { keysStale });
    attempt.bound(); // TLS proved possession of the key
    return principal;
  }

  function describePresented(
    { scheme, unverifiedProof }: Credential,
    attempt: RequestAttempt,
    workload: Workload | undefined,
  ): Presented {
    const certificateThumbprint = () => attempt.certificate()?.thumbprint;
    if (unverifiedProof === undefined || !describeTarget) return { scheme, certificateThumbprint, workload };
    return { scheme, certificateThumbprint, workload, proof: { unverifiedProof, ...describeTarget(attempt.request) } };
  }

  function tellAccepted(principal: Principal): Principal {
    events.emit('token_verified', { issuer: principal.issuer });
    return principal;
  }

  function tellRefused(error: unknown, { issuer, request }: RequestAttempt): never {
    const reason = error instanceof AccessDenied ? error.reason : 'internal_error';
    if (hasTokenInQuery(request.target)) events.emit('token_in_query', {});
    refusalBudget?.spend(request.ip, reason);
    events.emit('token_verified', { ...(issuer !== undefined && { issuer }), reason });
    throw error;
  }

  async function identifyInTime(attempt: RequestAttempt, identifying: Promise<Principal>): Promise<Principal> {
    try {
      return tellAccepted(await identifying);
    } catch (error) {
      return tellRefused(error, attempt);
    }
  }

  return function identifyCaller(attempt) {
    let identified: Principal | Promise<Principal>;
    try {
      identified = authenticateCertificate ? identifySent(attempt, authenticateCertificate) : identifyByToken(attempt);
    } catch (error) {
      return tellRefused(error, attempt);
    }
    return isPending(identified) ? identifyInTime(attempt, identified) : tellAccepted(identified);
  };
}
