import type { ReasonCode } from 'countersign';
import { fitsKey, sameAlgorithm } from './draft.js';
import { isImportable, type Json, type Reading } from './read-case.js';
import { isRocaKey, readNumber } from './signers.js';

interface Rule {
  /** What we say when we refuse by this rule. */
  readonly codes: readonly ReasonCode[];
  /** Whether the rule has anything to say about the case: asked of the input, never of our own reading of it. */
  readonly applies: (reading: Reading) => boolean;
  /** Whether it leaves no way to accept the case; where this is left out, whenever it applies. */
  readonly binds?: (reading: Reading) => boolean;
}

/** A rule for claims, where they are there. */
const claimRule = (names: readonly string[], isRight: (value: unknown) => boolean): Rule => ({
  codes: ['claim_invalid'],
  applies: ({ claims }) => names.some((name) => Object.hasOwn(claims, name) && !isRight(claims[name])),
});

const isText = (value: unknown): value is string => typeof value === 'string';
const isName = (value: unknown) => isText(value) && value !== '';
const areNames = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isName);
const isObject = (value: unknown): value is Json => Object.prototype.toString.call(value) === '[object Object]';
const isActor = (value: unknown): boolean =>
  isObject(value) &&
  isName(value['sub']) &&
  (!('iss' in value) || isName(value['iss'])) &&
  (!('act' in value) || isActor(value['act']));

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const LOW_ORDER_Y = [0n, 1n, 2n ** 255n - 20n, 2n ** 255n - 19n, 2n ** 255n - 18n];

type IsBroken = (key: Json, reading: Reading) => boolean;

/** Rules for a key: one that breaks any of them is passed over, as if it were not in the set. */
const keyRules: Readonly<Record<string, IsBroken>> = {
  'a key without alg fits one allowed algorithm': (key, { allowed }) => algorithmOf(key, allowed) === undefined,
  'a public key has no private member': (key) => PRIVATE_MEMBERS.some((name) => name in key),
  'the kid of a key is text': ({ kid }) => kid !== undefined && !isText(kid),
  'the numbers of a key are canonical base64url': ({ n, e, x, y }) =>
    ![n, e, x, y].every((text) => text === undefined || isCanonical(text as string)),
  'an RSA exponent is odd, above 2 and below 2^64': ({ e }) =>
    isText(e) && !(readNumber(e) % 2n === 1n && readNumber(e) > 2n && readNumber(e) < 2n ** 64n),
  'an RSA key can’t be factored': isRocaKey,
  'an Ed25519 key is no point of low order': ({ kty, x }) => kty === 'OKP' && LOW_ORDER_Y.includes(readY(x)),
};

const isUsable = (reading: Reading) => (key: Json) =>
  isImportable(key) && !Object.values(keyRules).some((isBroken) => isBroken(key, reading));

function passOver(isBroken: IsBroken): Rule {
  return {
    codes: ['key_unknown', 'algorithm_refused', 'keys_unavailable'],
    applies: (reading) => !reading.meant.some(isUsable(reading)) && reading.meant.some((key) => isBroken(key, reading)),
  };
}

/** Every rule by which we refuse what `jose` accepts. */
export const rules: Readonly<Record<string, Rule>> = {
  'a token has at most 8192 characters': { codes: ['token_too_large'], applies: ({ token }) => token.length > 8192 },
  'base64url is canonical': { codes: ['token_malformed'], applies: ({ parts }) => !parts.every(isCanonical) },
  'JSON has no byte order mark': {
    codes: ['token_malformed'],
    applies: ({ texts }) => texts.some((text) => text.startsWith('\ufeff')),
  },
  'JSON has no member twice': {
    codes: ['token_malformed'],
    applies: ({ texts, header, claims }) => countColons(texts.join('')) > countMembers([header, claims]),
  },
  'JSON has no member named __proto__': {
    codes: ['token_malformed'],
    applies: ({ header, claims }) => hasPrototypeMember([header, claims]),
  },
  'JSON has at most 32 levels': {
    codes: ['token_malformed'],
    applies: ({ header, claims }) => Math.max(depthOf(header), depthOf(claims)) > 32,
  },
  'the header has neither crit nor b64': {
    codes: ['token_extension_refused'],
    applies: ({ header }) => 'crit' in header || 'b64' in header,
  },
  'the header has no cty': { codes: ['token_type_refused'], applies: ({ header }) => 'cty' in header },
  'a kid has at most 256 characters': {
    codes: ['key_unknown'],
    applies: ({ header }) => String(header['kid']).length > 256,
  },
  'without a kid, one key fits': {
    codes: ['key_unknown'],
    applies: (reading) => !('kid' in reading.header) && reading.meant.filter(isUsable(reading)).length > 1,
  },
  'a key is not tried after another': {
    codes: ['signature_invalid'],
    applies: (reading) => reading.meant.length > 1 && reading.meant.filter(isUsable(reading)).length === 1,
    binds: () => false, // the other may be the one that signed
  },
  'a key set has no two keys of one kid and algorithm': { codes: ['keys_unavailable'], applies: hasTwins },
  'a key set has at most 100 keys': { codes: ['keys_unavailable'], applies: ({ keys }) => keys.length > 100 },
  ...Object.fromEntries(Object.entries(keyRules).map(([name, isBroken]) => [name, passOver(isBroken)])),
  'who and what is named by text': claimRule(['sub', 'client_id', 'jti', 'azp', 'acr'], isName),
  'an audience is named by text': claimRule(['aud'], (aud) => isName(aud) || areNames(aud)),
  'methods are named by text': claimRule(['amr'], areNames),
  'a scope is text': claimRule(['scope'], isText),
  'a date is a finite number from 0 on': claimRule(
    ['exp', 'iat', 'nbf', 'auth_time'],
    (date) => typeof date === 'number' && date >= 0 && date < Number.POSITIVE_INFINITY,
  ),
  'an actor has a sub': claimRule(['act'], isActor),
  'a confirmation is an object': claimRule(['cnf'], isObject),
  'a token bound to a key comes with its proof': {
    codes: ['binding_missing'],
    applies: ({ claims }) => 'cnf' in claims,
  },
  'a service’s token lives 15 minutes at most, a user’s an hour': {
    codes: ['token_lifetime_too_long'],
    applies: ({ claims: { sub, client_id: client, exp, iat } }) =>
      (exp as number) - (iat as number) > (sub === client ? 900 : 3600),
  },
};

function isCanonical(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}

/** The members that JSON text has: outside of strings, a colon belongs to each. */
function countColons(text: string): number {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
}

/** The members that are left when JSON text was read: of those that were there twice, one. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, inner) => sum + countMembers(inner), own);
}

function hasPrototypeMember(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, inner]) => name === '__proto__' || hasPrototypeMember(inner));
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function hasTwins(reading: Reading): boolean {
  const named = reading.keys.filter(isObject).filter(({ kid }) => isText(kid));
  const doubled = named.filter(({ kid }) => named.filter((other) => other['kid'] === kid).length > 1);
  const pins = doubled
    .filter(isUsable(reading))
    .map((key) => JSON.stringify([key['kid'], algorithmOf(key, reading.allowed)]));
  return new Set(pins).size < pins.length;
}

/** The only algorithm that a key may be used with: the one it names, or the one allowed that it fits. */
function algorithmOf(key: Json, allowed: Reading['allowed']): string | undefined {
  const fitting = allowed.filter((name) => fitsKey(name, key) && sameAlgorithm(key['alg'] ?? name, name));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The y coordinate of a point on edwards25519: 255 bits, little-endian. */
function readY(x: unknown): bigint {
  const bytes = Buffer.from(String(x), 'base64url').reverse();
  return BigInt(`0x0${bytes.toString('hex')}`) % 2n ** 255n;
}
