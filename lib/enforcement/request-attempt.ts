import type { X509Certificate } from 'node:crypto';
import type { AccessRecord, Decision, RecordedResource, Verdicts } from '../audit/access-record.js';
import { composeRecord } from '../audit/compose-record.js';
import type { PresentedCertificate } from '../binding/parse-forwarded-certificate.js';
import type { DpopRules } from '../binding/read-binding.js';
import type { ReadCertificate } from '../binding/read-certificates.js';
import type { HopHeaders, ReadHopHeaders } from '../context/read-hop-headers.js';
import type { ReasonCode } from '../errors.js';
import type { AccessRequest } from '../http/from-node-request.js';
import type { Scheme } from '../http/read-credential.js';
import { readRequestId } from '../http/read-request-id.js';
import { type Refusal, type RefusalDetails, tellRefusal } from '../http/tell-refusal.js';
import type { Principal, Workload } from '../identity/principal.js';
import type { Risk } from '../identity/risk.js';
import { listAlgorithmNames } from '../jose/read-algorithms.js';
import type { RecordedDecision } from '../policy/ask-decision-points.js';
import type { DecisionContext, Resource } from '../policy/decision.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import type { Witness } from '../token/verify-token.js';
import { type Attempt, AttemptView, type Outcome } from './attempt-view.js';
import type { RefusalBudget } from './budget-refusals.js';

/** What would make a denied request pass, as far as its caller may know. */
type Remedy = Pick<RefusalDetails, 'retryAfterSeconds' | 'stepUp'>;

/** What every attempt of a gate shares. */
export interface AttemptSettings {
  readonly service: string;
  /** Whether a 403 names the permissions that would have done. */
  readonly nameScopes: boolean;
  /** Where the metadata of this service is, for clients that are turned away. */
  readonly resourceMetadata?: string | undefined;
  /** Reads a caller's certificate, where they have any. */
  readonly readCertificate?: ReadCertificate | undefined;
  /** Reads what hops say of a request, where a signal wants to know. */
  readonly readHopHeaders?: ReadHopHeaders | undefined;
  /** DPoP as this gate speaks it, if it does. */
  readonly dpop?: Pick<DpopRules, 'algorithms' | 'nonces'> | undefined;
  readonly now: () => number;
  readonly record: (record: AccessRecord) => void;
  /** How many bad credentials a peer may show; left out: any number. */
  readonly refusalBudget?: RefusalBudget | undefined;
  /** Is told of a record that could not be made. */
  readonly lose: (error: unknown) => void;
}

const nothing = () => undefined;
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const UNDECIDED: Decision = Object.freeze({ effect: 'none' });
const PERMITTED: Decision = Object.freeze({ effect: 'permit' });
const NO_NAMES: readonly string[] = Object.freeze([]);

/** How far a credential was proved, one after the other. */
const SHOWN: Verdicts = Object.freeze({ authentic: false, bound: false, intended: false });
const AUTHENTIC: Verdicts = Object.freeze({ authentic: true, bound: false, intended: false });
const INTENDED: Verdicts = Object.freeze({ authentic: true, bound: false, intended: true });
const BOUND: Verdicts = Object.freeze({ authentic: true, bound: true, intended: true });

/** An attempt as the enforcer drives it. It stays in this room: others get its `view`, which can only be read. */
export class RequestAttempt implements Attempt, Witness {
  readonly request: AccessRequest;
  readonly requestId: string;
  /** The certificate that came along; what headers said of one is out of the application's sight already. */
  readonly certificate: () => PresentedCertificate | undefined;
  /** What hops say of the request; what others said in their place is out of sight, too. */
  readonly hopHeaders: HopHeaders;
  /** What everybody else sees of it. */
  readonly view: Attempt = new AttemptView(this);
  decision: Decision = UNDECIDED;
  /** Verification of the request's credential: begun once, whoever asks. */
  identified: Principal | Promise<Principal> | undefined;
  /** Assessment of the request's risk: begun once, whoever asks. */
  assessed: Promise<Risk> | undefined;

  readonly #settings: AttemptSettings;
  readonly #time: number;
  readonly #startedAt = performance.now();
  #required = NO_NAMES;
  #caller: Principal | undefined;
  #workload: Workload | undefined;
  #risk: Risk | undefined;
  #resource: RecordedResource | undefined;
  #findings: Map<SettledRequirement, Promise<Resource | undefined>> | undefined;
  #decisions: RecordedDecision[] | undefined;
  #verdicts: Verdicts | undefined;
  #scheme: Scheme | undefined;
  #keysStale = false;
  #wouldDeny: ReasonCode | undefined;
  #remedy: Remedy = {};
  #isFinished = false;

  constructor(request: AccessRequest, settings: AttemptSettings) {
    this.request = request;
    this.#settings = settings;
    this.#time = settings.now();
    this.requestId = readRequestId(request.header('x-request-id'));
    this.certificate = settings.readCertificate?.(request) ?? nothing;
    this.hopHeaders = settings.readHopHeaders?.(request) ?? nothing;
  }

  /** The issuer of the credential, once it is proved. */
  get issuer(): string | undefined {
    return this.#caller?.issuer;
  }

  get principal(): Principal | undefined {
    return this.decision.effect === 'permit' && this.#verdicts?.intended ? this.#caller : undefined;
  }

  get refusal(): Refusal | undefined {
    const { reason } = this.decision;
    if (reason === undefined) return undefined;
    const { service, nameScopes, resourceMetadata, dpop } = this.#settings;
    const refusal = tellRefusal(reason, {
      realm: service,
      requestId: this.requestId,
      scope: nameScopes ? this.#required : undefined,
      resourceMetadata,
      ...this.#remedy,
      scheme: this.#scheme,
      proofAlgorithms: dpop && listAlgorithmNames(dpop.algorithms),
      nonce: reason === 'proof_nonce_required' ? dpop?.nonces?.current() : undefined,
    });
    return { ...refusal, headers: { ...refusal.headers, ...this.#exposed() } };
  }

  get headers(): Readonly<Record<string, string>> {
    const { dpop } = this.#settings;
    if (this.#scheme !== 'dpop' || !dpop?.nonces || this.decision.effect !== 'permit') return NO_HEADERS;
    // RFC 9449 section 8.2: a response with a nonce is not to be stored.
    return { 'dpop-nonce': dpop.nonces.current(), 'cache-control': 'no-store', ...this.#exposed() };
  }

  /** RFC 9449 section 8: scripts of another origin may read what they need for their next proof. */
  #exposed(): Readonly<Record<string, string>> {
    const isForScripts = this.#settings.dpop && this.request.header('origin').length > 0;
    return isForScripts ? { 'access-control-expose-headers': 'WWW-Authenticate, DPoP-Nonce' } : NO_HEADERS;
  }

  /** The certificate that came along, where a trusted authority, or our own TLS server, vouches for it. */
  get vouchedCertificate(): X509Certificate | undefined {
    const presented = this.certificate();
    return this.#workload || presented?.isVerified ? presented?.certificate : undefined;
  }

  /** The signals said this of the request. */
  weighed(risk: Risk): void {
    this.#risk = risk;
  }

  /** What the request is about, for this requirement: found once, whoever asks. */
  async findOnce(
    requirement: SettledRequirement,
    find: () => Promise<Resource | undefined>,
  ): Promise<Resource | undefined> {
    this.#findings ??= new Map();
    const finding = this.#findings.get(requirement) ?? find();
    this.#findings.set(requirement, finding);
    const found = await finding;
    if (found) this.#resource = { type: found.type, id: found.id };
    return found;
  }

  /** A decision point gave its answer. */
  decided(decision: RecordedDecision): void {
    this.#decisions ??= [];
    this.#decisions.push(decision);
  }

  /** The circumstances of the request, for whoever decides. */
  describeContext(now: number): DecisionContext {
    const { ip } = this.request;
    return {
      time: new Date(now * 1000).toISOString(),
      requestId: this.requestId,
      ...(ip !== undefined && { ip }),
      bound: this.isBound,
      ...(this.#risk && { risk: this.#risk }),
    };
  }

  /** Possession of the key that the token is bound to was proved. */
  get isBound(): boolean {
    return this.#verdicts?.bound ?? false;
  }

  demand({ permissions, anyOf }: SettledRequirement): void {
    const isFirst = this.#required.length === 0 && anyOf.length === 0; // as on most requests
    this.#required = isFirst ? permissions : unite(unite(this.#required, permissions), anyOf);
  }

  unknown(): void {
    this.#settings.refusalBudget?.check(this.request.ip);
  }

  shown(scheme: Scheme): void {
    this.#scheme = scheme;
    this.#verdicts = SHOWN;
  }

  /** A certificate came along; nothing of it is verified yet. */
  shownCertificate(): void {
    this.#verdicts = SHOWN;
  }

  /** The certificate that came along names its sender, who may still show a token. */
  sentBy({ workload, keysStale }: { readonly workload: Workload; readonly keysStale: boolean }): void {
    this.#workload = workload;
    this.#keysStale = keysStale;
  }

  authentic(principal: Principal, { keysStale }: { readonly keysStale: boolean }): void {
    this.#caller = principal;
    this.#keysStale ||= keysStale;
    this.#verdicts = AUTHENTIC;
  }

  intended(): void {
    this.#verdicts = INTENDED;
  }

  bound(): void {
    this.#verdicts = BOUND;
  }

  /** In shadow mode: the request passes, and the first reason against it is written down. */
  wouldDeny(reason: ReasonCode): void {
    this.#wouldDeny ??= reason;
  }

  permit(): void {
    if (this.decision.effect !== 'deny') this.decision = PERMITTED;
  }

  /** A denial is final. */
  deny(reason: ReasonCode, remedy: Remedy = {}): void {
    if (this.decision.effect === 'deny') return;
    this.decision = Object.freeze({ effect: 'deny', reason });
    this.#remedy = remedy;
  }

  /** It must not throw: it runs when a connection closes, where nobody could catch. */
  finish(outcome: Outcome): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    try {
      this.#settings.record(
        composeRecord({
          service: this.#settings.service,
          request: this.request,
          requestId: this.requestId,
          time: this.#time,
          durationMs: performance.now() - this.#startedAt,
          decision: this.decision,
          statusCode: outcome.statusCode,
          aborted: outcome.aborted,
          route: outcome.route,
          required: outcome.required ? unite(this.#required, outcome.required) : this.#required,
          caller: this.#caller,
          workload: this.#workload,
          risk: this.#risk,
          resource: this.#resource,
          policies: this.#decisions,
          verdicts: this.#verdicts,
          keysStale: this.#keysStale,
          wouldDeny: this.#wouldDeny,
        }),
      );
    } catch (error) {
      this.#settings.lose(error);
    }
  }
}

/** Each name once. */
function unite(names: readonly string[], more: readonly string[]): readonly string[] {
  return more.length === 0 ? names : [...new Set([...names, ...more])];
}
