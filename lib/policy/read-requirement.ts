import { ConfigurationError } from '../errors.js';
import { type CallerKind, isCallerKind } from '../identity/principal.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { readStepUp, type StepUp, type StepUpOptions } from '../identity/read-step-up.js';
import { describeFound, isGiven, quoteText, readOptions, readText } from '../options.js';

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
  /** Whether the caller must prove to hold the key of its token, in place of the gate's own answer. */
  readonly proof?: ProofDemand;
  /** How the user must have been authenticated (RFC 9470). Services have no user, and don't come in. */
  readonly stepUp?: StepUpOptions;
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
  readonly proof?: ProofDemand;
  readonly stepUp?: StepUp;
}

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
  const given = readOptions('requirement', requirement, ['public', 'permissions', 'anyOf', 'kinds', 'proof', 'stepUp']);
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
  return {
    permissions: isGiven(given, 'permissions') ? readNames('permissions', given.permissions) : NONE,
    anyOf: isGiven(given, 'anyOf') ? readNames('anyOf', given.anyOf) : NONE,
    ...(isGiven(given, 'kinds') && { kinds: readKinds(given.kinds) }),
    ...(isGiven(given, 'stepUp') && { stepUp: readStepUp('requirement.stepUp', given.stepUp) }),
    ...(isGiven(given, 'proof') && { proof: readProofDemand('requirement.proof', given.proof) }),
  };
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
