import type { Actor, Authentication, CallerKind, Principal, Workload } from '../identity/principal.js';
import type { Risk } from '../identity/risk.js';

/** Who asks (AuthZEN section 5.1): the verified caller, in the words of decision points. */
export interface Subject {
  readonly type: CallerKind;
  /** Unique within `properties.issuer`. */
  readonly id: string;
  readonly properties: SubjectProperties;
}

/** What is known of a caller. As JSON its permissions are a list. */
export interface SubjectProperties {
  readonly issuer: string;
  readonly permissions: ReadonlySet<string>;
  /** Roles that the token names, whatever they are worth here. */
  readonly roles: readonly string[];
  readonly clientId?: string;
  readonly actor?: Actor;
  readonly workload?: Workload;
  readonly authentication: Authentication;
  readonly claims: Principal['claims'];
}

/** What is asked for (AuthZEN section 5.3): by name the first permission that the route demands, else the HTTP method. */
export interface Action {
  readonly name: string;
  readonly properties: { readonly method: string; readonly permissions: readonly string[] };
}

/** On what (AuthZEN section 5.2): what the route's loader gave, else the endpoint itself. */
export interface Resource<Properties extends object = Readonly<Record<string, unknown>>> {
  readonly type: string;
  readonly id: string;
  readonly properties?: Properties;
}

/** Under which circumstances (AuthZEN section 5.4). */
export interface DecisionContext {
  /** The present time; ISO 8601 in UTC. */
  readonly time: string;
  readonly requestId: string;
  readonly ip?: string;
  /** Possession of the key that the token is bound to was proved. */
  readonly bound: boolean;
  /** How risky the request is; only where the gate has signals. */
  readonly risk?: Risk;
}

/** What a decision point is asked. */
export interface DecisionRequest<Properties extends object = Readonly<Record<string, unknown>>> {
  readonly subject: Subject;
  readonly action: Action;
  readonly resource: Resource<Properties>;
  readonly context: DecisionContext;
}

/** Something that must be done for a permit to count. One that nobody here knows is a denial. */
export interface Obligation {
  readonly type: string;
  readonly id?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** What a decision point says. Anything but the literal effect `permit` denies. */
export interface Decision {
  readonly effect: 'permit' | 'deny';
  /** Why, for the operator: it stands in the record, and the caller never hears it. */
  readonly reason?: string;
  /** The policy that decided; the decision point's name by default. */
  readonly policyId?: string;
  readonly policyVersion?: string;
  /** By which the decision point finds this decision again. */
  readonly decisionId?: string;
  readonly obligations?: readonly Obligation[];
}

/** Whoever decides (PDP, NIST SP 800-207): a policy in this process, or an engine outside. */
export interface DecisionPoint {
  /** What records call it where it names no policy. */
  readonly name: string;
  /**
   * @throws {AccessDenied} `decision_unavailable` where it can't be asked; anything else that it throws is `internal_error`.
   *   Both are denials
   */
  decide(request: DecisionRequest): Decision | Promise<Decision>;
}

/**
 * Finds what a request is about, after its caller was found to hold the permission. It is given the request as handlers
 * get it; nothing (`undefined` or `null`): there is no such thing.
 */
// A method's parameter may be narrower than `object`: loaders name the request of their framework.
export type LoadResource = { load(req: object): Found | Promise<Found> }['load'];

type Found = Resource<object> | undefined | null;
