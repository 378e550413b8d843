import { type DpopRules, type PublicPlace, readDpop, readPublicPlace } from '../binding/read-binding.js';
import { type CertificateRules, readCertificates } from '../binding/read-certificates.js';
import { readSignals } from '../context/read-signals.js';
import type { Signal } from '../context/signal.js';
import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { isGiven, readClock, readText } from '../options.js';
import type { Fulfil } from '../policy/ask-decision-points.js';
import type { DecisionPoint } from '../policy/decision.js';
import { readDecisionPoint } from '../policy/define-policy.js';
import { readMode, readUnauthenticated, type SettledMode } from '../policy/read-mode.js';
import { readObligations } from '../policy/read-obligations.js';
import {
  type ProofDemand,
  type Requirement,
  readProofDemand,
  type SettledRequirement,
  settleRequirement,
} from '../policy/read-requirement.js';
import { readTokenMemory } from '../token/remember-tokens.js';
import { createRevocations, listLives, type Revocations } from '../token/revoke-tokens.js';
import { readTolerance, type VerificationRules } from '../token/verify-token.js';
import { readAudience } from '../trust/read-entry-parts.js';
import { readKeyDirectory } from '../trust/read-key-directory.js';
import { readTrustedIssuers, type Trust } from '../trust/read-trusted-issuers.js';

/** The options of a gate that say how it judges. */
export type JudgingOptions = Partial<
  Record<
    | 'service'
    | 'audience'
    | 'trust'
    | 'clockToleranceSeconds'
    | 'keyDirectory'
    | 'revocation'
    | 'tokenMemory'
    | 'proof'
    | 'publicOrigin'
    | 'publicPathPrefix'
    | 'dpop'
    | 'certificates'
    | 'decisionPoint'
    | 'signals'
    | 'obligations'
    | 'mode'
    | 'dangerouslyAllowUnauthenticated'
    | 'now',
    unknown
  >
>;

/** How a gate judges, settled at start: what a request in a service and its replay have in common. */
export interface Judging {
  readonly service: string;
  readonly audience: ReadonlySet<string>;
  readonly trust: Trust;
  readonly certificates: CertificateRules | undefined;
  readonly revocations: Revocations;
  readonly place: PublicPlace | undefined;
  readonly dpop: DpopRules | undefined;
  readonly rules: VerificationRules;
  readonly proof: ProofDemand;
  /** Whether what is denied is refused on a route that says nothing of it. */
  readonly mode: SettledMode;
  /** Until when requests pass whose callers are not verified. Seconds since the epoch. */
  readonly unauthenticatedUntil: number;
  readonly decisionPoint: DecisionPoint | undefined;
  readonly signals: readonly Signal[] | undefined;
  readonly obligations: ReadonlyMap<string, Fulfil>;
  /** The requirement, checked. @throws {ConfigurationError} where it demands what is not understood here */
  settle(requirement: Requirement | SettledRequirement): SettledRequirement;
}

/** How to judge, out of options whose names are known. @throws {ConfigurationError} */
export function readJudging(given: JudgingOptions, events: Events): Judging {
  const service = readText('service', given.service, "'order-service'");
  const now = readClock('now', given);
  const audience = readAudience('audience', given.audience);
  const keyDirectory = isGiven(given, 'keyDirectory')
    ? readKeyDirectory('keyDirectory', given.keyDirectory)
    : undefined;
  const certificates = isGiven(given, 'certificates') ? readCertificates(given.certificates, now) : undefined;
  const certificatesName = certificates?.use === 'identity';
  const trust = readTrustedIssuers(given.trust, { audience, now, events, keyDirectory, certificatesName });
  if (certificatesName) refuseNobody(trust);
  const verification = { issuers: trust.issuers, clockToleranceSeconds: readTolerance(given), now };
  const revocations = createRevocations(isGiven(given, 'revocation') ? given.revocation : {}, {
    ...verification,
    lives: listLives(trust),
    events,
  });
  const memory = readTokenMemory(given);
  if (memory) events.on('tokens_revoked', memory.forgetAll);
  const place = readPublicPlace(given);
  const dpop = readGateDpop(given, place, verification);
  const proof = isGiven(given, 'proof') ? readProofDemand('proof', given.proof) : 'when-bound';
  const understandsProof = dpop !== undefined || certificates !== undefined;
  if (proof === 'required' && !understandsProof) refuseProof('proof');
  const signals = isGiven(given, 'signals') ? readSignals(given.signals) : undefined;
  if (!certificates) refuseBlindSignals(signals);
  return {
    service,
    audience,
    trust,
    certificates,
    revocations,
    place,
    dpop,
    rules: { ...verification, binding: { events, ...(dpop && { dpop }) }, memory, revocations },
    proof,
    mode: isGiven(given, 'mode') ? readMode('mode', given.mode) : {},
    unauthenticatedUntil: isGiven(given, 'dangerouslyAllowUnauthenticated')
      ? readUnauthenticated(given.dangerouslyAllowUnauthenticated)
      : Number.NEGATIVE_INFINITY,
    decisionPoint: isGiven(given, 'decisionPoint') ? readDecisionPoint(given.decisionPoint) : undefined,
    signals,
    obligations: readObligations(isGiven(given, 'obligations') ? given.obligations : {}),
    settle(requirement) {
      const settled = settleRequirement(requirement);
      if (settled.proof === 'required' && !understandsProof) refuseProof('requirement.proof');
      if (settled.context && !signals) refuseContext();
      return settled;
    },
  };
}

function refuseNobody({ certifiers }: Trust): void {
  if (certifiers.size > 0) return;
  throw new ConfigurationError(
    'certificates.use',
    "is 'identity', and trust has nobody who vouches for certificates; write { trustDomain: 'example.org', … } or { certificateAuthority: 'shop-ca', … } there",
  );
}

function readGateDpop(
  options: { readonly dpop?: unknown },
  place: PublicPlace | undefined,
  context: Parameters<typeof readDpop>[1],
): DpopRules | undefined {
  if (place) return readDpop(isGiven(options, 'dpop') ? options.dpop : {}, context);
  if (!isGiven(options, 'dpop')) return undefined;
  throw new ConfigurationError(
    'publicOrigin',
    "is missing, which proofs name; write for example 'https://orders.example'",
  );
}

function refuseProof(option: string): never {
  throw new ConfigurationError(
    option,
    "is required, and no proof is understood: write publicOrigin: 'https://…' or certificates: { from: 'connection' } in the gate's options",
  );
}

function refuseContext(): never {
  throw new ConfigurationError(
    'requirement.context',
    "is demanded, and there are no signals: write signals: [networkSignal({ trusted: '10.0.0.0/8' })] in the gate's options",
  );
}

function refuseBlindSignals(signals: readonly Signal[] = []): void {
  const at = signals.findIndex(({ needsCertificate }) => needsCertificate);
  if (at < 0) return;
  throw new ConfigurationError(
    `signals[${at}]`,
    "reads the caller's certificate, and none are read: write certificates: { from: 'connection' } in the gate's options",
  );
}
