import { AccessDenied } from '../errors.js';
import type { Actor, Principal } from '../identity/principal.js';
import { intersectPermissions, sealPermissions } from '../identity/seal-permissions.js';
import type { Issuer } from '../trust/issuer.js';
import type { AuthenticToken } from './authenticate-token.js';

/** Users that a verification made: nobody else can be acted for. */
const verified = new WeakSet<Principal>();

/** Remembers a verified user. */
export function rememberVerified(principal: Principal): Principal {
  if (principal.kind === 'user') verified.add(principal);
  return principal;
}

/** Services that may stand in one chain: an answer to a question that everybody passes on is nobody's any more. */
const MAX_ACTORS = 4;

/** What is to be said on behalf of a user. */
export interface Delegation {
  readonly service: string;
  readonly issuedAt: number;
  /** When a token of ours would end. Seconds since the epoch. */
  readonly expiresAt: number;
  /** What is wanted; undefined: all that the user may do here. */
  readonly permissions: ReadonlySet<string> | undefined;
}

/** What a token says that is minted on behalf of a user. */
interface DelegatedToken {
  /** `sub`, `act` (RFC 8693 section 4.1), `sub_id` (RFC 9493) and how the user was authenticated. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Before the token ends that it comes from. */
  readonly expiresAt: number;
  /** No more than the user may do here. */
  readonly permissions: ReadonlySet<string>;
}

/**
 * What is said of a user on whose behalf a service calls.
 *
 * @throws {TypeError} for anything but a verified user, one whose token is about to end, or a chain that is too long
 */
export function describeDelegation(principal: Principal, wanted: Delegation): DelegatedToken {
  if (!verified.has(principal)) {
    throw new TypeError('countersign: onBehalfOf must be a verified user: req.principal, of the kind user');
  }
  if (countActors(principal.actor) >= MAX_ACTORS) {
    throw new TypeError(`countersign: no more than ${MAX_ACTORS} services may act for a user, one for the other`);
  }
  const expiresAt = Math.min(wanted.expiresAt, Math.ceil(principal.token.expiresAt) - 1);
  if (expiresAt <= wanted.issuedAt) throw new TypeError('countersign: the token of onBehalfOf is about to end');
  return {
    claims: {
      sub: principal.subject,
      sub_id: { format: 'iss_sub', iss: principal.subjectIssuer ?? principal.issuer, sub: principal.subject },
      act: { sub: wanted.service, act: principal.actor && writeActor(principal.actor) },
      ...describeAuthentication(principal),
    },
    expiresAt,
    permissions: wanted.permissions
      ? intersectPermissions(sealPermissions(wanted.permissions), principal.permissions)
      : principal.permissions,
  };
}

/** JSON leaves out what is undefined. */
function describeAuthentication({ authentication }: Principal): object {
  const { contextClass, methods, time } = authentication;
  return { acr: contextClass, amr: methods, auth_time: time };
}

function countActors(actor: Actor | undefined): number {
  return actor ? 1 + countActors(actor.actor) : 0;
}

function writeActor({ subject, issuer, actor }: Actor): object {
  return { sub: subject, iss: issuer, act: actor && writeActor(actor) };
}

/**
 * A call on behalf of a user may do what the user **and** the calling service may do here. Of the chain only the current
 * actor counts (RFC 8693 section 4.1). Where the trust entries say nothing of one of them, the token alone speaks for it.
 */
export function limitDelegated(authentic: AuthenticToken, issuers: ReadonlyMap<string, Issuer>): AuthenticToken {
  const { principal, issuer } = authentic;
  const { actor, subjectIssuer } = principal;
  if (!actor) return authentic;
  if (countActors(actor) > MAX_ACTORS) throw new AccessDenied('claim_invalid', 'the chain of actors is too long');
  const home = issuers.get(subjectIssuer ?? '');
  const limits = [findGrants(actor, issuer, issuers), home?.grantsOf?.(principal)];
  const permissions = limits.reduce<ReadonlySet<string>>(
    (held, limit) => (limit ? intersectPermissions(held, limit) : held),
    principal.permissions,
  );
  return { ...authentic, principal: Object.freeze<Principal>({ ...principal, permissions }) };
}

/** What the trust entries grant the calling service itself. */
function findGrants(
  { subject, issuer: named }: Actor,
  issuer: Issuer,
  issuers: ReadonlyMap<string, Issuer>,
): ReadonlySet<string> | undefined {
  const own = issuer.grantsOf?.({ subject, kind: 'service' });
  if (own) return own;
  const isNamed = (each: Issuer) => each.service === subject && (named === undefined || named === each.issuer);
  return [...issuers.values()].find(isNamed)?.grantsOf?.({ subject, kind: 'service' });
}
