import { AccessDenied, ConfigurationError } from '../errors.js';
import type { CallerKind } from '../identity/principal.js';
import { type ClaimLocation, type Claims, readClaim } from '../identity/read-claim.js';
import {
  intersectPermissions,
  NO_PERMISSIONS,
  sealPermissions,
  unitePermissions,
} from '../identity/seal-permissions.js';
import { isGiven, readList, readOptions } from '../options.js';
import { type Granted, type GrantSettings, readGrants, readGrantTable } from './read-grants.js';
import { readLocations } from './read-profile.js';
import { type TokenProfile } from './token-profile.js';

/** What a verified caller may do here: what its token claims, as far as the receiver lets it. */
export type GrantPermissions = (claims: Claims, caller: Caller) => ReadonlySet<string>;

/** Whom something is granted. */
interface Caller {
  readonly subject: string;
  readonly kind: CallerKind;
}

/** What a trust entry comes to. */
interface GrantRules {
  readonly grant: GrantPermissions;
  /** All that somebody is granted, whatever their token claims; left out where the entry says nothing of anybody. */
  readonly grantsOf?: (caller: Caller) => ReadonlySet<string>;
  readonly readRoles?: (claims: Claims) => readonly string[];
}

/** What a trust entry says about permissions. */
interface PermissionOptions {
  readonly permissions?: unknown;
  readonly roles?: unknown;
}

/**
 * Permissions by an authorization server's rule: those that its claims hold, and those that its roles are worth here; of
 * these, what the grants have; where nothing is claimed at all, the grants alone.
 */
export function grantByRule(
  option: string,
  entry: PermissionOptions,
  { profile, ...settings }: GrantSettings & { readonly profile: TokenProfile },
): GrantRules {
  const rule = readOptions(`${option}.permissions`, isGiven(entry, 'permissions') ? entry.permissions : {}, [
    'claims',
    'roleClaims',
    'grants',
  ]);
  const locations = isGiven(rule, 'claims')
    ? readList(`${option}.permissions.claims`, rule.claims, "['scope']")
    : profile.claims.permissions;
  const roleLocations = isGiven(rule, 'roleClaims')
    ? readLocations(`${option}.permissions.roleClaims`, rule.roleClaims)
    : (profile.claims.roles ?? []);
  const roles = isGiven(entry, 'roles')
    ? readRoles(`${option}.roles`, entry.roles, { ...settings, locations: roleLocations })
    : undefined;
  if (isGiven(rule, 'roleClaims') && !roles) {
    throw new ConfigurationError(
      `${option}.permissions.roleClaims`,
      'are worth nothing without roles in the trust entry',
    );
  }
  const rolesOf =
    roleLocations.length > 0 ? { readRoles: (claims: Claims) => readKnownNames(claims, roleLocations) } : undefined;
  const sealNamed = createSealer(locations);
  const claimed = (claims: Claims) => {
    const named = sealNamed(claims);
    if (!roles) return named;
    const worth = readNames(claims, roleLocations).flatMap((role) => roles.get(role)?.() ?? []);
    return worth.length === 0 ? named : unitePermissions([named, ...worth]);
  };
  const claimsNothing = locations.length === 0 && !roles;
  if (!isGiven(rule, 'grants')) {
    if (!claimsNothing) return { grant: claimed, ...rolesOf };
    throw new ConfigurationError(
      `${option}.permissions`,
      `gives nobody anything: write grants: { subject: ['orders:read'] }, or claims: ['scope']; the profile ${profile.name} names no claim that holds permissions`,
    );
  }
  const example = "{ 'order-service': ['orders:read'] }";
  const grants = readGrantTable(`${option}.permissions.grants`, rule.grants, { ...settings, example });
  const grantsOf = (caller: Caller) => grants.get(grantKey(caller))?.() ?? NO_PERMISSIONS;
  return {
    ...rolesOf,
    grantsOf,
    grant: function grantClaimed(claims, caller) {
      const granted = grantsOf(caller);
      return claimsNothing ? granted : intersectPermissions(claimed(claims), granted);
    },
  };
}

function readRoles(
  option: string,
  value: unknown,
  { locations, ...settings }: GrantSettings & { readonly locations: readonly ClaimLocation[] },
): ReadonlyMap<string | undefined, Granted> {
  const example = "{ 'payment-manager': ['payments:read'] }";
  if (locations.length > 0) return readGrantTable(option, value, { ...settings, example });
  throw new ConfigurationError(
    option,
    "can't be found in a token: the profile names no claim that holds roles; write permissions: { roleClaims: ['https://acme.example/roles'] }",
  );
}

/** Permissions of a service that signs for itself: what it is granted here, narrowed by the `scope` it may have. */
export function grantToService(option: string, value: unknown, settings: GrantSettings): GrantRules {
  const granted = readGrants(option, value, settings);
  const sealScope = createSealer(['scope']);
  return {
    grantsOf: granted,
    grant: function grantNarrowed(claims) {
      // On behalf of a user it says what the user may do; where it says nothing, that is nothing.
      if (!Object.hasOwn(claims, 'scope')) return Object.hasOwn(claims, 'act') ? NO_PERMISSIONS : granted();
      return intersectPermissions(sealScope(claims), granted());
    },
  };
}

const USER_PREFIX = 'user:';

/** A grant's name for a caller; whoever is neither service nor user has none. */
function grantKey({ subject, kind }: Caller): string | undefined {
  if (kind === 'user') return `${USER_PREFIX}${subject}`;
  // A service that is named like a user must not take that user's grants.
  return kind === 'service' && !subject.startsWith(USER_PREFIX) ? subject : undefined;
}

const MAX_SCOPES = 1000;
const MAX_SCOPE_LENGTH = 1024;

/** Seals the names at these places. Most tokens say the same in one place: such a text is read once. */
function createSealer(locations: readonly ClaimLocation[]): (claims: Claims) => ReadonlySet<string> {
  const [place = [], more] = locations;
  const known = new Map<string, ReadonlySet<string>>();

  function sealText(claims: Claims, text: string): ReadonlySet<string> {
    const sealed = sealPermissions(readNames(claims, locations));
    if (known.size === MAX_SCOPES) known.clear();
    known.set(text, sealed);
    return sealed;
  }

  return function sealNamed(claims) {
    const value = more === undefined ? readClaim(claims, place) : undefined;
    return typeof value === 'string' && value.length <= MAX_SCOPE_LENGTH
      ? (known.get(value) ?? sealText(claims, value))
      : sealPermissions(readNames(claims, locations));
  };
}

/** Names that only inform: what is no honest list of them is none. */
function readKnownNames(claims: Claims, locations: readonly ClaimLocation[]): readonly string[] {
  try {
    return readNames(claims, locations);
  } catch {
    return [];
  }
}

/** Text separated by spaces, or a list of texts; anything else is no honest token. */
function readNames(claims: Claims, locations: readonly ClaimLocation[]): string[] {
  return locations.flatMap((location) => {
    const value = readClaim(claims, location);
    if (value === undefined) return [];
    if (typeof value === 'string') return value.split(' ').filter((name) => name !== '');
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value as string[];
    throw new AccessDenied('claim_invalid', 'a claim of permissions or roles is neither text nor a list of texts');
  });
}
