import type { AccessRecord } from '../audit/access-record.js';
import { aggregateRecords } from '../audit/aggregate-records.js';
import { type AccessLogOptions, openAccessLog } from '../audit/open-access-log.js';
import type { DpopOptions } from '../binding/read-binding.js';
import type { CertificateOptions } from '../binding/read-certificates.js';
import { createRiskAssessor } from '../context/assess-risk.js';
import { createHopHeaderReader } from '../context/read-hop-headers.js';
import type { Signal } from '../context/signal.js';
import type { Attempt } from '../enforcement/attempt-view.js';
import { type RefusalBudgetOptions, readRefusalBudget } from '../enforcement/budget-refusals.js';
import { createEnforcer, type HandOver } from '../enforcement/enforce-access.js';
import { ConfigurationError } from '../errors.js';
import { createEvents, type Events, type Listen } from '../events/create-events.js';
import type { AccessRequest } from '../http/from-node-request.js';
import { createMetrics, type Metrics, type MetricsOptions } from '../metrics/create-metrics.js';
import { isGiven } from '../options.js';
import { type ClientOptions, createClient, type Fetch } from '../outbound/create-client.js';
import type { Fulfil } from '../policy/ask-decision-points.js';
import type { DecisionPoint } from '../policy/decision.js';
import type { Mode } from '../policy/read-mode.js';
import type { ProofDemand, Requirement, SettledRequirement } from '../policy/read-requirement.js';
import { createCertificateVerifier } from '../token/authenticate-certificate.js';
import { composeTokenMinter, type MintOptions } from '../token/mint-token.js';
import type { Revocation } from '../token/read-revocation.js';
import type { TokenMemoryOptions } from '../token/remember-tokens.js';
import type { RevocationOptions } from '../token/revoke-tokens.js';
import type { Issuer } from '../trust/issuer.js';
import type { TrustedIssuer } from '../trust/trusted-issuer.js';
import { type Documents, publishDocuments } from './publish-documents.js';
import { type ChallengeOptions, readChallengeOption } from './read-challenge-option.js';
import { keepEnforce } from './read-enforce.js';
import { readGateOptions } from './read-gate-options.js';
import { readJudging } from './read-judging.js';
import { readSigning, type SigningOptions } from './read-signing.js';
import { type Readiness, tellReadiness } from './tell-readiness.js';

/** Options of a gate. What is missing, of a wrong type, or unknown is an error at start. */
export interface GateOptions {
  /** The name of this service: in records, in challenges, and as the subject of its tokens. */
  readonly service: string;
  /** What a token must name in `aud` to be meant for this service; of a list, any. There is no default. */
  readonly audience: string | readonly string[];
  /** Whom this service believes. An entry may be a list, as a test issuer gives. */
  readonly trust: readonly (TrustedIssuer | readonly TrustedIssuer[])[];
  /** How this service signs the tokens with which it calls others; left out: it calls nobody. */
  readonly signing?: SigningOptions;
  readonly accessLog?: AccessLogOptions;
  /** `false`: no series are kept. */
  readonly metrics?: MetricsOptions | false;
  /** How far clocks may differ, for `exp`, `nbf` and `iat`. Seconds; 5 by default, 60 at most. */
  readonly clockToleranceSeconds?: number;
  /**
   * A directory of our own (mode 700; it is made where there is none) where the last good key sets outlive a restart.
   * Left out: a restart during an issuer's outage waits for the issuer.
   */
  readonly keyDirectory?: string;
  /** Where revocations are kept, and what is to happen while that can't be reached. */
  readonly revocation?: RevocationOptions;
  /**
   * How many signatures are remembered that held, and for how long: a token that is shown again within a minute is not
   * verified again, but judged anew in all else. `false`: each is verified whenever it is shown.
   */
  readonly tokenMemory?: TokenMemoryOptions | false;
  /**
   * How many bad credentials a peer may show within a time. Beyond that its tokens are refused before any cryptography (429
   * `rate_limited`), but for those that are remembered, and recorded together. Left out: each is judged and recorded by
   * itself. A peer is its address: leave it out where many callers share one, behind a proxy that you don't trust to name them.
   */
  readonly refusalBudget?: RefusalBudgetOptions;
  /**
   * `required`: only tokens that are bound to a key or certificate, with their proof, come in; `when-bound`, the default:
   * tokens that are bound to nothing too. A route may say otherwise.
   */
  readonly proof?: ProofDemand;
  /**
   * The origin under which callers know this service: DPoP proofs (RFC 9449) name it. `Host` and forwarded headers are never
   * asked. Left out: tokens that are bound to a DPoP key are refused.
   */
  readonly publicOrigin?: string;
  /** The path that a gateway takes off before this service sees the request. */
  readonly publicPathPrefix?: string;
  /** How DPoP proofs are judged; needs `publicOrigin`. */
  readonly dpop?: DpopOptions;
  /** Where callers' certificates come from, to which tokens may be bound (RFC 8705). Left out: such tokens are refused. */
  readonly certificates?: CertificateOptions;
  /**
   * Whoever decides about every guarded route, beside what the route itself demands: a policy (`definePolicy`), or an engine
   * outside. Where it can't be asked, the answer is 503 `decision_unavailable`.
   */
  readonly decisionPoint?: DecisionPoint;
  /**
   * Whether what is denied is refused; `{ shadow: true, until }` records it alone (`wouldDeny`), until the date. Callers are
   * verified all the same. A route may say otherwise.
   */
  readonly mode?: Mode;
  /**
   * Lets requests pass whose callers are not verified, until the date, at most 92 days: `req.principal` is undefined then,
   * and the record says why they would have been denied.
   */
  readonly dangerouslyAllowUnauthenticated?: { readonly until: Date | string };
  /**
   * What speaks for or against a request, beside its caller: `deviceSignal`, `networkSignal`, `timeSignal`, or of your own
   * (`defineSignal`). The riskiest counts. They are asked where a route demands `context`, or a policy is asked.
   */
  readonly signals?: readonly Signal[];
  /** How obligations of permits are met, by their type. A permit that obliges to anything else is a denial. */
  readonly obligations?: Readonly<Record<string, Fulfil>>;
  /** What challenges tell beside what they must. */
  readonly challenge?: ChallengeOptions;
  /** The present time in seconds since the epoch; for tests and replays. */
  readonly now?: () => number;
}

/** A service's gate: everything that comes in and goes out passes it. Adapters wrap it; it knows no framework. */
export interface Gate {
  readonly service: string;
  /** The attempt of a request, opened at first sight, so that it is recorded even if nothing is demanded of it. */
  open(request: AccessRequest): Attempt;
  /**
   * The requirement, checked and frozen: a gate that understands no proof can't demand one, nor one without signals a context.
   *
   * @throws {ConfigurationError} names the member, says what was found and what to write
   */
  settle(requirement: Requirement | SettledRequirement): SettledRequirement;
  /**
   * Judges the request. Only an attempt whose decision is `permit` may go on; it never throws for a bad request.
   * `handOver` is given the verified caller (nobody on a public route) before that; where it throws, access is denied.
   *
   * @throws {ConfigurationError} for a requirement that is none
   */
  enforce(request: AccessRequest, requirement: Requirement | SettledRequirement, handOver?: HandOver): Promise<Attempt>;
  /**
   * Denies a request for what a callee asks of its user's authentication (RFC 9470): its challenge becomes ours. Undefined
   * where the response asks for nothing of the kind.
   *
   * @example const answer = await payments(url); const attempt = gate.relayStepUp(request, answer);
   */
  relayStepUp(request: AccessRequest, response: Pick<Response, 'status' | 'headers'>): Attempt | undefined;
  /** A token for one call. @throws {ConfigurationError} without `signing`, or without an audience */
  mint(options: MintOptions): Promise<string>;
  /** A `fetch` for one service that attaches a fresh token. @throws {ConfigurationError} */
  client(options: ClientOptions): Fetch;
  /**
   * Revokes tokens before their time, at once: one by its id, those of a subject or an issuer that were issued before a
   * time, all that a key signs. Kept for as long as such tokens could still be shown.
   *
   * @throws {ConfigurationError} for anything else; an Error where the store did not take it
   */
  revoke(revocation: Revocation): Promise<void>;
  /** Whether every trusted issuer has usable keys; fetches those that were never got. For a readiness probe. */
  ready(): Promise<Readiness>;
  /** Calls the listener at every such event, until the function returned is called. */
  readonly on: Listen;
  /** What this service publishes. */
  readonly documents: Documents;
  /**
   * Hands over what the access log holds, and ends the connections of clients that show a certificate: those that still
   * answer after five seconds, too. Such clients send nothing any more.
   */
  close(): Promise<void>;
}

/**
 * Composes a gate out of its options.
 *
 * @throws {ConfigurationError} names the option, says what was found and what to write
 */
export function createGate(options: GateOptions): Gate {
  const given = readGateOptions(options);
  const events = createEvents();
  const judging = readJudging(given, events);
  const { service, audience, certificates, revocations, place, dpop, rules, proof, settle } = judging;
  const { mode, unauthenticatedUntil, signals } = judging;
  const { issuers, now } = rules;
  const signing = isGiven(given, 'signing') ? readSigning(given.signing, service) : undefined;
  const closers = new Set<() => unknown>();
  const outbound = signing && {
    minter: composeTokenMinter({ ...signing, now, events }),
    lifetimeSeconds: signing.lifetimeSeconds,
    now,
    events,
    onClose: (close: () => Promise<void>) => void closers.add(close),
  };
  const audiences = new Set<string>();
  const metrics = openMetrics(given, { events, issuers, audiences });
  if (mode.shadowUntil !== undefined) metrics?.shadow('authorization', mode.shadowUntil);
  if (unauthenticatedUntil > 0) metrics?.shadow('authentication', unauthenticatedUntil);
  const accessLog = openAccessLog(isGiven(given, 'accessLog') ? given.accessLog : {}, events);
  const lose = (error: unknown) => events.emit('record_lost', { error });
  const recorded = aggregateRecords(keepFrom(accessLog.write));
  closers.add(() => {
    recorded.close();
    accessLog.close();
  });
  const sinks = metrics ? [recorded.write, keepFrom(metrics.count)] : [recorded.write];
  const enforcer = createEnforcer({
    rules,
    events,
    proof,
    mode,
    unauthenticatedUntil,
    decisionPoint: judging.decisionPoint,
    obligations: judging.obligations,
    describeTarget: place?.describeTarget,
    dpop,
    assessRisk: signals && createRiskAssessor(signals, { events, now }),
    readHopHeaders: signals && createHopHeaderReader(signals, now),
    readCertificate: certificates?.readCertificate,
    authenticateCertificate:
      certificates?.use === 'identity'
        ? createCertificateVerifier({ ...rules, certifiers: judging.trust.certifiers })
        : undefined,
    service,
    now,
    refusalBudget: isGiven(given, 'refusalBudget') ? readRefusalBudget(given.refusalBudget, now) : undefined,
    ...readChallengeOption(isGiven(given, 'challenge') ? given.challenge : {}),
    record,
    lose,
  });

  /** Both sinks get the record, whatever becomes of it in the other one. */
  function record(accessRecord: AccessRecord): void {
    for (const keep of sinks) keep(accessRecord);
  }

  /** A sink that throws loses its record, and nothing else. */
  function keepFrom(keep: (accessRecord: AccessRecord) => void): (accessRecord: AccessRecord) => void {
    return (accessRecord) => {
      try {
        keep(accessRecord);
      } catch (error) {
        lose(error);
      }
    };
  }

  return Object.freeze<Gate>({
    service,
    open: enforcer.open,
    settle(requirement) {
      const settled = settle(requirement);
      if (settled.mode?.shadowUntil !== undefined) metrics?.shadow('routes', settled.mode.shadowUntil);
      return settled;
    },
    enforce: keepEnforce(
      async (request, requirement, handOver) => enforcer.enforce(request, settle(requirement), handOver),
      enforcer.enforce,
    ),
    relayStepUp: enforcer.relayStepUp,
    mint: async (mintOptions) => requireOutbound(outbound).minter.mint(mintOptions),
    client(clientOptions) {
      const client = createClient(clientOptions, requireOutbound(outbound));
      audiences.add(clientOptions.audience);
      return client;
    },
    revoke: revocations.revoke,
    ready: () => tellReadiness(issuers),
    on: events.on,
    documents: publishDocuments({
      signing,
      metrics,
      resource: {
        service,
        audience,
        publicPlace: place?.uri,
        issuers,
        dpop,
        proof,
        takesCertificates: certificates !== undefined,
      },
    }),
    async close() {
      await Promise.all(Array.from(closers, (close) => close()));
    },
  });
}

interface MetricsContext {
  readonly events: Events;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly audiences: ReadonlySet<string>;
}

function openMetrics(
  options: { readonly metrics?: unknown },
  { events, issuers, audiences }: MetricsContext,
): Metrics | undefined {
  if (options.metrics === false) return undefined;
  const keys = new Map([...issuers].map(([name, issuer]) => [name, issuer.keys]));
  return createMetrics(isGiven(options, 'metrics') ? options.metrics : {}, { events, keys, audiences });
}

function requireOutbound<Outbound>(outbound: Outbound | undefined): Outbound {
  if (outbound) return outbound;
  throw new ConfigurationError(
    'signing',
    "is missing, so there is nothing to sign with; write signing: { issuer: 'https://orders.internal' }",
  );
}
