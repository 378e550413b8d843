import { AccessDenied, ConfigurationError } from '../errors.js';
import type { CallerKind } from '../identity/principal.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { describeFound, isGiven, readList, readOptions } from '../options.js';
import { type ClaimLocation, type Claims, readClaim, type TokenProfile } from './token-profile.js';

/** What a verified caller may do here: what its token claims, as far as the receiver lets it. */
export type GrantPermissions = (
  claims: Claims,
  caller: { readonly subject: string; readonly kind: CallerKind },
) => Iterable<string>;

/** Permissions by an authorization server's rule: its claims, the grants alone, or what both have. */
export function grantByRule(option: string, value: unknown, profile: TokenProfile): GrantPermissions {
  const rule = readOptions(option, value, ['claims', 'grants']);
  const locations = isGiven(rule, 'claims')
    ? readList(`${option}.claims`, rule.claims, "['scope']")
    : profile.claims.permissions;
  if (!isGiven(rule, 'grants')) {
    if (locations.length > 0) return (claims) => readPermissions(claims, locations);
    throw new ConfigurationError(
      option,
      'gives nobody anything: name the claims that hold permissions, or write grants',
    );
  }
  const grants = readGrants(`${option}.grants`, rule.grants);
  return function grantClaimed(claims, caller) {
    const granted = grants.get(grantKey(caller)) ?? NONE;
    if (locations.length === 0) return granted;
    return readPermissions(claims, locations).filter((permission) => granted.has(permission));
  };
}

/** Permissions of a service that signs for itself: what it is granted here, narrowed by the `scope` it may have. */
export function grantToService(option: string, value: unknown): GrantPermissions {
  const granted = readPermissionNames(option, value);
  return function grantNarrowed(claims) {
    if (!Object.hasOwn(claims, 'scope')) return granted;
    return readPermissions(claims, ['scope']).filter((permission) => granted.has(permission));
  };
}

const NONE: ReadonlySet<string> = new Set();
const USER_PREFIX = 'user:';

/** A grant's name for a caller; whoever is neither service nor user has none. */
function grantKey({ subject, kind }: { readonly subject: string; readonly kind: CallerKind }): string | undefined {
  if (kind === 'user') return `${USER_PREFIX}${subject}`;
  // A service that is named like a user must not take that user's grants.
  return kind === 'service' && !subject.startsWith(USER_PREFIX) ? subject : undefined;
}

function readGrants(option: string, value: unknown): ReadonlyMap<string | undefined, ReadonlySet<string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(
      option,
      `must be an object of subjects, found ${describeFound(value)}; write for example { 'order-service': ['orders:read'] }`,
    );
  }
  return new Map(
    Object.entries(value).map(([subject, names]) => [
      subject,
      readPermissionNames(`${option}[${JSON.stringify(subject)}]`, names),
    ]),
  );
}

/** Text separated by spaces, or a list of texts; anything else is no honest token. */
function readPermissions(claims: Claims, locations: readonly ClaimLocation[]): string[] {
  return locations.flatMap((location) => {
    const value = readClaim(claims, location);
    if (value === undefined) return [];
    if (typeof value === 'string') return value.split(' ').filter((name) => name !== '');
    if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value as string[];
    throw new AccessDenied('claim_invalid', 'a claim that holds permissions is neither text nor a list of texts');
  });
}
