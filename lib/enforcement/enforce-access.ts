import { AuthenticationInsufficient } from '../context/authentication-insufficient.js';
import { AccessDenied, type ReasonCode } from '../errors.js';
import type { AccessRequest } from '../http/from-node-request.js';
import { readStepUpChallenge } from '../http/read-challenge.js';
import type { Principal } from '../identity/principal.js';
import type { Resource } from '../policy/decision.js';
import type { SettledMode } from '../policy/read-mode.js';
import type { ProofDemand, SettledRequirement } from '../policy/read-requirement.js';
import { createStamps } from '../stamp-objects.js';
import { isPending, whenThere } from '../when-there.js';
import type { Attempt } from './attempt-view.js';
import { checkDemand, createDecider, type DecisionRules, findResource, refuseUndeclared } from './decide-access.js';
import { createIdentifier, type IdentificationRules } from './identify-caller.js';
import { type AttemptSettings, RequestAttempt } from './request-attempt.js';

/** The policy enforcement point (NIST SP 800-207): nothing comes in but by way of it. */
export interface Enforcer {
  /** The attempt of a request: the same one for the same `source`. */
  open(request: AccessRequest): Attempt;
  /** Judges the request against the requirement; a promise only where somebody has to be asked. What goes wrong is a denial. */
  enforce(request: AccessRequest, requirement: SettledRequirement, handOver?: HandOver): Attempt | Promise<Attempt>;
  /** Denies the request for what a callee asks of its caller; undefined where the callee asks for nothing. */
  relayStepUp(request: AccessRequest, response: Pick<Response, 'status' | 'headers'>): Attempt | undefined;
}

/**
 * Takes the verified caller, and what its request is about, to where the handler finds them; nobody, on a public route.
 * Where it throws, access is denied.
 */
export type HandOver = (principal: Principal | undefined, resource: Resource | undefined) => void;

interface EnforcerSettings extends AttemptSettings, IdentificationRules, DecisionRules {
  /** What proof a route demands that says nothing of it. */
  readonly proof: ProofDemand;
  /** Whether what is denied is refused on a route that says nothing of it. */
  readonly mode: SettledMode;
  /** Until when requests pass whose callers are not verified. Seconds since the epoch. */
  readonly unauthenticatedUntil: number;
}

/** An enforcer with its own memory of attempts: nothing that a handler can write is read back. */
export function createEnforcer(settings: EnforcerSettings): Enforcer {
  const { events, proof, mode, unauthenticatedUntil } = settings;
  const identifyCaller = createIdentifier(settings);
  const decideAccess = createDecider(settings);
  const attempts = createStamps<RequestAttempt>();

  function attemptOf(request: AccessRequest): RequestAttempt {
    const known = attempts.get(request.source);
    if (known) return known;
    const attempt = new RequestAttempt(request, settings);
    attempts.set(request.source, attempt);
    return attempt;
  }

  function enforce(
    request: AccessRequest,
    requirement: SettledRequirement,
    handOver?: HandOver,
  ): Attempt | Promise<Attempt> {
    const attempt = attemptOf(request);
    try {
      attempt.demand(requirement);
      const judged = requirement.public === undefined ? judge(attempt, requirement, handOver) : pass(attempt, handOver);
      return isPending(judged) ? judged.catch((error: unknown) => deny(error, attempt, requirement)) : judged;
    } catch (error) {
      return deny(error, attempt, requirement);
    }
  }

  function judge(
    attempt: RequestAttempt,
    requirement: SettledRequirement,
    handOver: HandOver | undefined,
  ): Attempt | Promise<Attempt> {
    return whenThere(admit(attempt, requirement), (principal) => {
      if (principal) checkDemand(attempt, requirement, proof);
      // Apart from handing over: where nobody wants to be handed anything, it must be decided all the same.
      return whenThere(decide(attempt, principal, requirement), (resource) =>
        pass(attempt, handOver, principal, resource),
      );
    });
  }

  function pass(
    attempt: RequestAttempt,
    handOver: HandOver | undefined,
    principal?: Principal,
    resource?: Resource,
  ): Attempt {
    handOver?.(principal, resource);
    attempt.permit();
    return attempt.view;
  }

  /** Whatever went wrong in judging is a denial: this is the one place where it becomes one. */
  function deny(error: unknown, attempt: RequestAttempt, requirement: SettledRequirement): Attempt {
    const retryAfterSeconds = error instanceof AccessDenied ? error.retryAfterSeconds : undefined;
    const { stepUp } = error instanceof AuthenticationInsufficient ? error : requirement;
    attempt.deny(readReason(error, attempt.requestId), { retryAfterSeconds, stepUp });
    return attempt.view;
  }

  /** The verified caller; nobody, for as long as the operator lets unauthenticated requests pass. */
  function admit(
    attempt: RequestAttempt,
    requirement: SettledRequirement,
  ): Principal | undefined | Promise<Principal | undefined> {
    if (requirement.undeclared && !isShadowed(requirement)) refuseUndeclared();
    const isLenient = unauthenticatedUntil > 0 && settings.now() < unauthenticatedUntil;
    return isLenient ? admitAnyway(attempt, requirement) : identifyOnce(attempt);
  }

  async function admitAnyway(attempt: RequestAttempt, requirement: SettledRequirement): Promise<Principal | undefined> {
    try {
      const principal = await identifyOnce(attempt);
      checkDemand(attempt, requirement, proof);
      return principal;
    } catch (error) {
      if (!(error instanceof AccessDenied)) throw error;
      attempt.wouldDeny(error.reason);
      return undefined;
    }
  }

  /** What may be done, and on what; in shadow mode a denial is written down, and nothing else. */
  function decide(
    attempt: RequestAttempt,
    principal: Principal | undefined,
    requirement: SettledRequirement,
  ): undefined | Promise<Resource | undefined> {
    if (!principal) return findAnyway(attempt, requirement); // `admit` let nobody in particular pass
    return isShadowed(requirement)
      ? decideInShadow(attempt, principal, requirement)
      : decideAccess(attempt, principal, requirement);
  }

  async function decideInShadow(
    attempt: RequestAttempt,
    principal: Principal,
    requirement: SettledRequirement,
  ): Promise<Resource | undefined> {
    try {
      return await decideAccess(attempt, principal, requirement);
    } catch (error) {
      attempt.wouldDeny(readReason(error, attempt.requestId));
      return findAnyway(attempt, requirement);
    }
  }

  /** Handlers of requests that pass all the same find there what they are used to, if there is anything. */
  async function findAnyway(attempt: RequestAttempt, requirement: SettledRequirement): Promise<Resource | undefined> {
    try {
      return await findResource(attempt, requirement);
    } catch {
      return undefined; // it was written down already, or nobody asked for it
    }
  }

  function isShadowed(requirement: SettledRequirement): boolean {
    const { shadowUntil } = requirement.mode ?? mode;
    return shadowUntil !== undefined && settings.now() < shadowUntil;
  }

  /** Verification happens once, whoever asks, and whatever is demanded besides. */
  function identifyOnce(attempt: RequestAttempt): Principal | Promise<Principal> {
    attempt.identified ??= identifyOrRefuse(attempt);
    return attempt.identified;
  }

  /** A refusal is kept like a caller: as a promise that is broken. */
  function identifyOrRefuse(attempt: RequestAttempt): Principal | Promise<Principal> {
    try {
      return identifyCaller(attempt);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** What is not a known denial is a denial too. */
  function readReason(error: unknown, requestId: string): ReasonCode {
    if (error instanceof AccessDenied) return error.reason;
    events.emit('failure', { requestId, error });
    return 'internal_error';
  }

  function relayStepUp(request: AccessRequest, response: Pick<Response, 'status' | 'headers'>): Attempt | undefined {
    const stepUp = readStepUpChallenge(response);
    if (!stepUp) return undefined;
    const attempt = attemptOf(request);
    attempt.deny(stepUp.acr ? 'authentication_too_weak' : 'authentication_too_old', { stepUp });
    return attempt.view;
  }

  return { open: (request) => attemptOf(request).view, enforce, relayStepUp };
}
