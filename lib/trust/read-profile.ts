import { ConfigurationError } from '../errors.js';
import { CALLER_KINDS, type CallerKind } from '../identity/principal.js';
import { type ClaimLocation, readLocation } from '../identity/read-claim.js';
import { readAlgorithms } from '../jose/read-algorithms.js';
import {
  describeFound,
  isGiven,
  readEntries,
  readFunction,
  readList,
  readNumber,
  readOptions,
  readText,
} from '../options.js';
import type { PresetEntry } from './profiles/preset.js';
import { type PresetName, presets } from './profiles/presets.js';
import type { ClaimLocations, TokenProfile } from './token-profile.js';

/** The profile that an option names or spells out, checked. */
export function readProfile(option: string, value: unknown, entry: PresetEntry): TokenProfile {
  if (typeof value !== 'string') return readOwnProfile(option, value);
  const preset = Object.hasOwn(presets, value) ? presets[value as PresetName] : undefined;
  if (preset) return preset(entry);
  throw new ConfigurationError(
    option,
    value === 'spiffe'
      ? "is not for an issuer: write { trustDomain: 'example.org', bundle: …, grants: … } for JWT-SVIDs"
      : `is not a known profile; write ${Object.keys(presets).join(', ')}, or a profile of your own`,
  );
}

function readOwnProfile(option: string, value: unknown): TokenProfile {
  const profile = readOptions(option, value, [
    'name',
    'types',
    'algorithms',
    'requiredClaims',
    'requiredAnyOf',
    'requiredValues',
    'forbiddenClaims',
    'claims',
    'maxLifetimeSeconds',
    'kindOf',
    'checkClaims',
  ]);
  return Object.freeze({
    name: readText(`${option}.name`, profile.name, "'our-idp'"),
    types: readTypes(`${option}.types`, profile.types),
    ...(isGiven(profile, 'algorithms') && { algorithms: readAlgorithms(`${option}.algorithms`, profile.algorithms) }),
    requiredClaims: readList(`${option}.requiredClaims`, profile.requiredClaims, "['sub']"),
    requiredAnyOf: isGiven(profile, 'requiredAnyOf')
      ? readEach(`${option}.requiredAnyOf`, profile.requiredAnyOf, "[['scp', 'roles']]", readNames)
      : [],
    requiredValues: isGiven(profile, 'requiredValues')
      ? readValues(`${option}.requiredValues`, profile.requiredValues)
      : {},
    forbiddenClaims: isGiven(profile, 'forbiddenClaims')
      ? readList(`${option}.forbiddenClaims`, profile.forbiddenClaims, "['nonce']")
      : [],
    claims: readClaimLocations(`${option}.claims`, profile.claims),
    maxLifetimeSeconds: readLifetimes(`${option}.maxLifetimeSeconds`, profile.maxLifetimeSeconds),
    kindOf: readFunction<TokenProfile['kindOf']>(`${option}.kindOf`, profile.kindOf),
    ...(isGiven(profile, 'checkClaims') && {
      checkClaims: readFunction<NonNullable<TokenProfile['checkClaims']>>(`${option}.checkClaims`, profile.checkClaims),
    }),
  });
}

function readClaimLocations(option: string, value: unknown): ClaimLocations {
  const claims = readOptions(option, value, ['subject', 'clientId', 'tokenId', 'audience', 'permissions', 'roles']);
  return {
    subject: readLocation(`${option}.subject`, claims.subject),
    ...(isGiven(claims, 'clientId') && { clientId: readClientId(`${option}.clientId`, claims.clientId) }),
    ...(isGiven(claims, 'tokenId') && { tokenId: readLocation(`${option}.tokenId`, claims.tokenId) }),
    ...(isGiven(claims, 'audience') && { audience: readLocation(`${option}.audience`, claims.audience) }),
    permissions: readLocations(`${option}.permissions`, claims.permissions),
    ...(isGiven(claims, 'roles') && { roles: readLocations(`${option}.roles`, claims.roles) }),
  };
}

function readClientId(option: string, value: unknown): NonNullable<ClaimLocations['clientId']> {
  if (typeof value === 'string' || Array.isArray(value)) return readLocation(option, value);
  const { firstOf } = readOptions(option, value, ['firstOf'], "'client_id'");
  const places = readLocations(`${option}.firstOf`, firstOf);
  return { firstOf: refuseEmpty(`${option}.firstOf`, places) };
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

function readEach<T>(
  option: string,
  value: unknown,
  example: string,
  read: (option: string, value: unknown) => T,
): readonly T[] {
  if (!Array.isArray(value)) {
    throw new ConfigurationError(option, `must be a list, found ${describeFound(value)}; write for example ${example}`);
  }
  return value.map((item, at) => read(`${option}[${at}]`, item));
}

function readNames(option: string, value: unknown): readonly string[] {
  return refuseEmpty(option, readList(option, value, "['scp', 'roles']"));
}

function refuseEmpty<T>(option: string, list: readonly T[]): readonly T[] {
  if (list.length > 0) return list;
  throw new ConfigurationError(option, 'is an empty list, of which no token could have any');
}

function readValues(option: string, value: unknown): NonNullable<TokenProfile['requiredValues']> {
  const table = readEntries(option, value, { what: 'an object of claims', example: "{ token_use: ['access'] }" });
  return Object.fromEntries(
    table.map(([name, values]) => {
      const at = `${option}[${JSON.stringify(name)}]`;
      return [name, refuseEmpty(at, readEach(at, values, "['access']", readPlainValue))];
    }),
  );
}

function readPlainValue(option: string, value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new ConfigurationError(option, `must be text, a number, true or false, found ${describeFound(value)}`);
}

/** Places of claims out of options. */
export function readLocations(option: string, value: unknown): readonly ClaimLocation[] {
  return readEach(option, value, "['scope']", readLocation);
}

/** A day and the hour that some clouds add to it: a trust entry allows no more. */
const LIFETIME = { least: 1, most: 90_000, unit: 'seconds' };
/** A year, in a profile of one's own: some issuers leave no choice, and who writes it has seen it. */
const OWN_LIFETIME = { ...LIFETIME, most: 31_622_400 };

function readLifetimes(option: string, value: unknown): Readonly<Record<CallerKind, number>> {
  const lifetimes = readOptions(option, value, CALLER_KINDS);
  const read = (kind: CallerKind) => readNumber(`${option}.${kind}`, lifetimes[kind], OWN_LIFETIME);
  return { service: read('service'), user: read('user'), unknown: read('unknown') };
}

/** A profile with the lifetimes that a trust entry puts in place of its own. */
export function withLifetimes(option: string, value: unknown, profile: TokenProfile): TokenProfile {
  const lifetimes = readOptions(option, value, CALLER_KINDS, '{ service: 300 }');
  const given = Object.entries(lifetimes).map(([kind, seconds]) => [
    kind,
    readNumber(`${option}.${kind}`, seconds, LIFETIME),
  ]);
  return { ...profile, maxLifetimeSeconds: { ...profile.maxLifetimeSeconds, ...Object.fromEntries(given) } };
}
