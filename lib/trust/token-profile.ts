import { ConfigurationError } from '../errors.js';
import { CALLER_KINDS, type CallerKind } from '../identity/principal.js';
import { describeFound, isGiven, readFunction, readList, readNumber, readOptions, readText } from '../options.js';

/** Where a claim is: its name, or the path to it through nested objects. A dot in a name is part of the name. */
export type ClaimLocation = string | readonly string[];

/** Verified claims, as signed. */
export type Claims = Readonly<Record<string, unknown>>;

/** What the access tokens of one issuer look like, and how to read a caller out of them. */
export interface TokenProfile {
  readonly name: string;
  /** Accepted `typ` headers (media types, RFC 8725 section 3.11); null: a token without `typ`. */
  readonly types: readonly (string | null)[];
  /** Claims that must be there; `iss`, `aud`, `exp`, `iat` and the subject must be in any case. */
  readonly requiredClaims: readonly string[];
  /** Claims that tell another kind of token from an access token. */
  readonly forbiddenClaims?: readonly string[];
  readonly claims: {
    readonly subject: ClaimLocation;
    readonly clientId?: ClaimLocation;
    /** Text separated by spaces, or a list of texts; several claims add up. */
    readonly permissions: readonly ClaimLocation[];
  };
  /** Longest `exp - iat` for each kind of caller. Seconds. */
  readonly maxLifetimeSeconds: Readonly<Record<CallerKind, number>>;
  kindOf(claims: Claims): CallerKind;
}

/** JWT access tokens of RFC 9068: explicitly typed, every claim of its section 2.2. */
const rfc9068: TokenProfile = {
  name: 'rfc9068',
  types: ['at+jwt'], // section 4; with or without `application/` in front
  requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  claims: { subject: 'sub', clientId: 'client_id', permissions: ['scope'] },
  maxLifetimeSeconds: { service: 900, user: 3600, unknown: 900 },
  // Section 2.2: where no resource owner is involved, `sub` identifies the client.
  kindOf: (claims) => (claims['sub'] === claims['client_id'] ? 'service' : 'user'),
};

const presets = { rfc9068 } as const satisfies Readonly<Record<string, TokenProfile>>;

/** The name of a profile that comes along. */
export type PresetName = keyof typeof presets;

/** The profile that an option names or spells out, checked. */
export function readProfile(option: string, value: unknown): TokenProfile {
  if (typeof value !== 'string') return readOwnProfile(option, value);
  const preset = Object.hasOwn(presets, value) ? presets[value as PresetName] : undefined;
  if (!preset) {
    throw new ConfigurationError(
      option,
      `is not a known profile; write ${Object.keys(presets).join(', ')}, or a profile of your own`,
    );
  }
  return preset;
}

function readOwnProfile(option: string, value: unknown): TokenProfile {
  const profile = readOptions(option, value, [
    'name',
    'types',
    'requiredClaims',
    'forbiddenClaims',
    'claims',
    'maxLifetimeSeconds',
    'kindOf',
  ]);
  const claims = readOptions(`${option}.claims`, profile.claims, ['subject', 'clientId', 'permissions']);
  const kindOf = readFunction<TokenProfile['kindOf']>(`${option}.kindOf`, profile.kindOf);
  return Object.freeze({
    name: readText(`${option}.name`, profile.name, "'our-idp'"),
    types: readTypes(`${option}.types`, profile.types),
    requiredClaims: readList(`${option}.requiredClaims`, profile.requiredClaims, "['sub']"),
    forbiddenClaims: isGiven(profile, 'forbiddenClaims')
      ? readList(`${option}.forbiddenClaims`, profile.forbiddenClaims, "['nonce']")
      : [],
    claims: {
      subject: readLocation(`${option}.claims.subject`, claims.subject),
      ...(isGiven(claims, 'clientId') && { clientId: readLocation(`${option}.claims.clientId`, claims.clientId) }),
      permissions: readLocations(`${option}.claims.permissions`, claims.permissions),
    },
    maxLifetimeSeconds: readLifetimes(`${option}.maxLifetimeSeconds`, profile.maxLifetimeSeconds),
    kindOf,
  });
}

function readTypes(option: string, value: unknown): readonly (string | null)[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(
      option,
      `must be a non-empty list, found ${describeFound(value)}; write for example ['at+jwt'], or [null] for tokens without typ`,
    );
  }
  return value.map((type, at) => (type === null ? null : readText(`${option}[${at}]`, type, "'at+jwt'")));
}

function readLocations(option: string, value: unknown): readonly ClaimLocation[] {
  if (!Array.isArray(value)) {
    throw new ConfigurationError(option, `must be a list, found ${describeFound(value)}; write for example ['scope']`);
  }
  return value.map((location, at) => readLocation(`${option}[${at}]`, location));
}

function readLocation(option: string, value: unknown): ClaimLocation {
  return Array.isArray(value) ? readList(option, value, "['realm_access', 'roles']") : readText(option, value, "'sub'");
}

function readLifetimes(option: string, value: unknown): Readonly<Record<CallerKind, number>> {
  const lifetimes = readOptions(option, value, CALLER_KINDS);
  const bounds = { least: 1, most: 86_400, unit: 'seconds' };
  const read = (kind: CallerKind) => readNumber(`${option}.${kind}`, lifetimes[kind], bounds);
  return { service: read('service'), user: read('user'), unknown: read('unknown') };
}

/** The claim at the location, undefined where there is none. Only what the token itself holds counts. */
export function readClaim(claims: Claims, location: ClaimLocation): unknown {
  let value: unknown = claims;
  for (const name of typeof location === 'string' ? [location] : location) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** A media type without the prefix that RFC 7515 section 4.1.9 lets one leave out, in lower case. */
export function normalizeType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '');
}
