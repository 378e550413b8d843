import { ConfigurationError } from '../errors.js';
import { type CallerKind, isCallerKind } from '../identity/principal.js';
import { type ContextDemand, type ContextOptions, readContextDemand } from '../identity/read-context-demand.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { readStepUp, type StepUp, type StepUpOptions } from '../identity/read-step-up.js';
import { describeFound, isGiven, quoteText, readFunction, readOptions, readText, readTexts } from '../options.js';
import type { DecisionPoint, LoadResource } from './decision.js';
import { readDecisionPoints } from './define-policy.js';
import { type Mode, readMode, type SettledMode } from './read-mode.js';

/** The route is open to everybody, and somebody wrote down why. Credentials are not read on it. */
export interface PublicRequirement {
  readonly public: string;
}

/** The route is for verified callers: any of them, or those that all members let pass. */
export interface CallerRequirement {
  /** Permissions that must all be held. */
  readonly permissions?: string | readonly string[];
  /** Permissions of which one must be held. */
  readonly anyOf?: readonly string[];
  /** Kinds of caller that may come in; every kind by default. */
  readonly kinds?: readonly CallerKind[];
  /** Services that may call here on behalf of users (`act`, RFC 8693 section 4.1), by their subject; none by default. */
  readonly delegation?: { readonly actors: readonly string[] };
  /** Whether the caller must prove to hold the key of its token, in place of the gate's own answer. */
  readonly proof?: ProofDemand;
  /** How the user must have been authenticated (RFC 9470). Services have no user, and don't come in. */
  readonly stepUp?: StepUpOptions;
  /** Under which circumstances callers may come in, by the gate's `signals`. */
  readonly context?: ContextOptions;
  /** Finds what the request is about, once the caller is known to hold the permission; handlers find it there too. */
  readonly resource?: LoadResource;
  /** What to answer where the loader finds nothing: 404 by default; 403 says no more than a denial does. */
  readonly missingResource?: 404 | 403;
  /** Policies or decision points that must all permit it, beside the permissions and the gate's own decision point. */
  readonly policy?: DecisionPoint | readonly DecisionPoint[];
  /** Whether what is denied is refused, or recorded alone, in place of the gate's own mode. */
  readonly mode?: Mode;
}

/** `required`: only tokens that are bound to a key or certificate; `when-bound`: others too. */
export type ProofDemand = (typeof PROOF_DEMANDS)[number];

const PROOF_DEMANDS = ['required', 'when-bound'] as const;

/** What a route demands. */
export type Requirement = PublicRequirement | CallerRequirement;

/** A requirement that was read: nothing in it can be wrong or change any more. */
export interface SettledRequirement {
  /** Why the route is public; undefined where it is not. */
  readonly public?: string;
  /** Nobody said what the route demands: it is closed. */
  readonly undeclared?: true;
  readonly permissions: readonly string[];
  readonly anyOf: readonly string[];
  readonly kinds?: readonly CallerKind[];
  readonly delegation?: { readonly actors: readonly string[] };
  readonly proof?: ProofDemand;
  readonly stepUp?: StepUp;
  readonly context?: ContextDemand;
  readonly loadResource?: LoadResource;
  readonly missingResource?: 404 | 403;
  readonly policies?: readonly DecisionPoint[];
  readonly mode?: SettledMode;
}

/** What a guard may demand beside permissions. */
export const GUARD_OPTIONS = [
  'anyOf',
  'kinds',
  'delegation',
  'proof',
  'stepUp',
  'context',
  'resource',
  'missingResource',
  'policy',
  'mode',
] as const;
const OPTIONS = ['public', 'permissions', ...GUARD_OPTIONS] as const;
const NONE: readonly string[] = Object.freeze([]);
const settled = new WeakSet<object>();

/** What a route demands that declares nothing: nobody comes in, and no credential is read. */
export const UNDECLARED: SettledRequirement = Object.freeze({ undeclared: true, permissions: NONE, anyOf: NONE });
settled.add(UNDECLARED);

/**
 * The requirement, checked and frozen. One that was settled before is returned as it is.
 *
 * @throws {ConfigurationError} names the member, says what was found and what to write
 */
export function settleRequirement(requirement: Requirement | SettledRequirement): SettledRequirement {
  if (settled.has(requirement)) return requirement as SettledRequirement;
  const read = Object.freeze(readRequirement(requirement));
  settled.add(read);
  return read;
}

function readRequirement(requirement: unknown): SettledRequirement {
  const given = readOptions('requirement', requirement, OPTIONS);
  if (isGiven(given, 'public')) {
    if (Object.keys(given).length > 1) {
      throw new ConfigurationError(
        'requirement.public',
        'contradicts what stands beside it: a route is public, or it demands something',
      );
    }
    const why = readText('requirement.public', given.public, "'liveness probe, says nothing'");
    return { public: why, permissions: NONE, anyOf: NONE };
  }
  const stepUp = isGiven(given, 'stepUp') ? readStepUp('requirement.stepUp', given.stepUp) : undefined;
  return {
    permissions: isGiven(given, 'permissions') ? readNames('permissions', given.permissions) : NONE,
    anyOf: isGiven(given, 'anyOf') ? readNames('anyOf', given.anyOf) : NONE,
    ...(isGiven(given, 'kinds') && { kinds: readKinds(given.kinds) }),
    ...(isGiven(given, 'delegation') && { delegation: readDelegation(given.delegation) }),
    ...(stepUp && { stepUp }),
    ...(isGiven(given, 'context') && {
      context: readContextDemand('requirement.context', given.context, stepUp),
    }),
    ...(isGiven(given, 'proof') && { proof: readProofDemand('requirement.proof', given.proof) }),
    ...readResource(given),
    ...(isGiven(given, 'mode') && { mode: readMode('requirement.mode', given.mode) }),
    ...(isGiven(given, 'policy') && { policies: readDecisionPoints('requirement.policy', given.policy) }),
  };
}

function readResource(
  given: Partial<Record<'resource' | 'missingResource', unknown>>,
): Pick<SettledRequirement, 'loadResource' | 'missingResource'> {
  if (!isGiven(given, 'resource')) {
    if (!isGiven(given, 'missingResource')) return {};
    throw new ConfigurationError('requirement.missingResource', 'has no meaning without resource');
  }
  const loadResource = readFunction<LoadResource>('requirement.resource', given.resource);
  if (!isGiven(given, 'missingResource')) return { loadResource };
  const { missingResource } = given;
  if (missingResource === 404 || missingResource === 403) return { loadResource, missingResource };
  throw new ConfigurationError(
    'requirement.missingResource',
    `must be 404 or 403, found ${describeFound(missingResource)}`,
  );
}

function readDelegation(value: unknown): { readonly actors: readonly string[] } {
  const { actors } = readOptions('requirement.delegation', value, ['actors'], "{ actors: ['order-service'] }");
  return { actors: readTexts('requirement.delegation.actors', actors, "['order-service']") };
}

function readNames(member: string, value: unknown): readonly string[] {
  const names = readPermissionNames(`requirement.${member}`, typeof value === 'string' ? [value] : value);
  if (names.size === 0) {
    throw new ConfigurationError(
      `requirement.${member}`,
      "must name at least one permission; write for example 'orders:read'",
    );
  }
  return Object.freeze([...names]);
}

function readKinds(value: unknown): readonly CallerKind[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isCallerKind)) {
    throw new ConfigurationError(
      'requirement.kinds',
      `must be a non-empty list of service, user, unknown, found ${describeFound(value)}; write for example ['service']`,
    );
  }
  return Object.freeze([...value]);
}

/** Whether proof of possession is demanded, out of options. */
export function readProofDemand(option: string, value: unknown): ProofDemand {
  if (PROOF_DEMANDS.includes(value as ProofDemand)) return value as ProofDemand;
  const found = typeof value === 'string' ? quoteText(value) : describeFound(value);
  throw new ConfigurationError(option, `must be ${PROOF_DEMANDS.join(' or ')}, found ${found}`);
}
