import { checkDemand, createDecider } from '../enforcement/decide-access.js';
import { AccessDenied, type ReasonCode } from '../errors.js';
import type { Judging } from '../gate/read-judging.js';
import type { AccessRequest } from '../http/from-node-request.js';
import { readCredential } from '../http/read-credential.js';
import type { Principal } from '../identity/principal.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import { verifyToken } from '../token/verify-token.js';
import type { Issuer } from '../trust/issuer.js';
import type { TrustPlace } from './cut-network.js';
import { forbidNetwork } from './forbid-network.js';
import { ReplayAttempt } from './replay-attempt.js';
import { findStation, type Station } from './stations.js';

/** What is replayed. */
export interface ReplayInput {
  readonly request: AccessRequest;
  readonly requirement: SettledRequirement;
  readonly judging: Judging;
  readonly places: ReadonlyMap<string, TrustPlace>;
  /** Whether there is a request to give to a loader of resources. */
  readonly hasRequest: boolean;
}

/** How the replay ended. */
export type Ending =
  | { readonly outcome: 'permit' }
  | { readonly outcome: 'deny'; readonly station: Station; readonly reason: ReasonCode; readonly message: string }
  /** Something is needed that a replay doesn't have. */
  | { readonly outcome: 'unknown'; readonly station: Station; readonly message: string };

/** A decision, replayed. */
export interface Replay {
  readonly ending: Ending;
  readonly attempt: ReplayAttempt;
  /** The token is bound, and its proof is taken for granted. */
  readonly isProofAssumed: boolean;
  /** The route asks for the risk, and it is taken for low enough. */
  readonly isRiskAssumed: boolean;
}

/** A replay can't go on: what to give it is in the message. */
class NotReplayable extends Error {}

const NO_NETWORK =
  'a loader or decision point wants the network, which a replay leaves alone: give the config another one';
const SPOKEN: ReadonlySet<string> = new Set(['bearer']);

/** Runs the stations of a gate in their order, without its network, its log and its metrics. */
export async function replayDecision(input: ReplayInput): Promise<Replay> {
  const { judging, request } = input;
  const attempt = new ReplayAttempt(request, judging.service, judging.rules.now);
  let isProofAssumed = false;

  /** Verified as in a service, but for its proof: it was made for another moment, and would be used up. */
  async function verify(): Promise<Principal> {
    const { unverifiedToken } = readCredential(request, SPOKEN);
    attempt.reach('form', 'issuer');
    try {
      const issuers = watchIssuers(input, attempt);
      return await verifyToken(unverifiedToken, { ...judging.rules, issuers }, { witness: attempt });
    } catch (error) {
      const { caller } = attempt;
      if (!caller || !isReason(error, 'binding_missing') || !canProve(caller, judging)) throw error;
      isProofAssumed = true;
      attempt.bound();
      return caller;
    }
  }

  async function run(): Promise<void> {
    if (input.requirement.public !== undefined) return;
    const principal = await verify();
    attempt.reach('proof');
    checkDemand(attempt, input.requirement, judging.proof);
    attempt.reach('kind', 'permissions');
    const { context: _, ...requirement } = watchLoader(input, attempt); // signals read a request as it comes in
    await createDecider(judging)(attempt, principal, requirement);
  }

  const network = forbidNetwork();
  const ending = await run().then<Ending, Ending>(
    () => ({ outcome: 'permit' }),
    (error: unknown) => describeEnd(network.wasWanted() ? new NotReplayable(NO_NETWORK) : error, attempt),
  );
  network.end();
  return { ending, attempt, isProofAssumed, isRiskAssumed: input.requirement.context !== undefined };
}

function describeEnd(error: unknown, { stretch }: ReplayAttempt): Ending {
  if (error instanceof NotReplayable) return { outcome: 'unknown', station: stretch.to, message: error.message };
  const reason = error instanceof AccessDenied ? error.reason : 'internal_error';
  const message = error instanceof Error ? error.message : String(error);
  return { outcome: 'deny', station: findStation(reason, stretch), reason, message };
}

function isReason(error: unknown, reason: ReasonCode): boolean {
  return error instanceof AccessDenied && error.reason === reason;
}

/** Whether the service could take any proof of this binding. */
function canProve({ confirmation = {} }: Principal, { rules, certificates }: Judging): boolean {
  const { jkt, 'x5t#S256': thumbprint } = confirmation;
  if (jkt === undefined && thumbprint === undefined) return false;
  return (
    (jkt === undefined || rules.binding.dpop !== undefined) && (thumbprint === undefined || certificates !== undefined)
  );
}

/** Issuers that tell how far verification got. What is read of them tells it, so nothing else of the way is changed. */
function watchIssuers({ judging, places }: ReplayInput, attempt: ReplayAttempt): ReadonlyMap<string, Issuer> {
  return new Map(
    [...judging.rules.issuers].map(([name, issuer]) => [name, watchIssuer(issuer, places.get(name), attempt)]),
  );
}

function watchIssuer(issuer: Issuer, place: TrustPlace | undefined, attempt: ReplayAttempt): Issuer {
  return {
    ...issuer,
    /** Asked first of the issuer that was chosen, and of no other. */
    get algorithms() {
      attempt.chosenIssuer = issuer;
      attempt.reach('algorithm', 'key');
      return issuer.algorithms;
    },
    keys: {
      ...issuer.keys,
      async findKey(header) {
        attempt.reach('key');
        if (place?.keysFrom === undefined) refuseNetwork(issuer);
        attempt.foundKey = await issuer.keys.findKey(header);
        attempt.reach('signature', 'claims');
        return attempt.foundKey;
      },
    },
  };
}

function refuseNetwork({ issuer }: Issuer): never {
  throw new NotReplayable(
    `the keys of ${issuer} come over the network, which a replay leaves alone: give --jwks <file>`,
  );
}

function watchLoader({ requirement, hasRequest }: ReplayInput, attempt: ReplayAttempt): SettledRequirement {
  const { loadResource } = requirement;
  if (!loadResource) return requirement;
  return {
    ...requirement,
    loadResource(req) {
      attempt.reach('resource');
      if (hasRequest) return loadResource(req);
      throw new NotReplayable('the route loads a resource by its request: give it as --request <file.json>');
    },
  };
}
