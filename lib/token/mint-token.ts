import { drawTokenId } from '../draw-id.js';
import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import type { Confirmation, Principal } from '../identity/principal.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { encodeAfter, encodeJson } from '../jose/encode-json.js';
import { signEncoded } from '../jose/sign-compact-jws.js';
import type { KeyRing, SigningKey } from '../keyring/create-key-ring.js';
import { type Clock, describeFound, isGiven, readClock, readNumber, readOptions, readText } from '../options.js';
import { describeDelegation } from './delegate.js';

/** Options of {@link createTokenMinter}. */
export interface TokenMinterOptions {
  /** `iss`: where the keys that verify our tokens are found. */
  readonly issuer: string;
  /** `sub` and `client_id`: the service that speaks. */
  readonly subject: string;
  readonly keyRing: KeyRing;
  /** Life of a token in seconds: 300 by default, 900 at most. */
  readonly lifetimeSeconds?: number;
  /** The present time in seconds since the epoch. */
  readonly now?: () => number;
}

/** What one token is for. */
export interface MintOptions {
  /** The one service that shall accept it. */
  readonly audience: string;
  /** Narrows what the receiver grants us (`scope`); left out: all that it grants. */
  readonly permissions?: readonly string[];
  /** Life of this token in seconds: at most 900. */
  readonly lifetimeSeconds?: number;
  /** Binds the token to a key or certificate of the sender (`cnf`, RFC 7800): without its proof it is worthless. */
  readonly confirmation?: Pick<Confirmation, 'jkt' | 'x5t#S256'>;
  /**
   * The verified user on whose behalf we call (`act`, RFC 8693 section 4.1). The token ends before the one that it comes from,
   * and says no more than the user may do here; who receives it must let us act for that user's issuer (`mayActFor`).
   */
  readonly onBehalfOf?: Principal;
}

/** Makes tokens in the name of one service. */
export interface TokenMinter {
  /**
   * A JWT access token (RFC 9068).
   *
   * @throws {ConfigurationError} without an audience, with several, or for a life longer than 15 minutes
   * @throws {TypeError} on behalf of anybody but a verified user, whose own token is about to end, or for whom too many act
   *   already
   */
  mint(options: MintOptions): Promise<string>;
}

const DEFAULT_LIFETIME_SECONDS = 300;
const LIFETIME = { least: 1, most: 900, unit: 'seconds' };
const MINT_OPTIONS = ['audience', 'permissions', 'lifetimeSeconds', 'confirmation', 'onBehalfOf'] as const;

/**
 * Mints short-lived tokens for calls to other services.
 *
 * @throws {ConfigurationError} without issuer, subject or key ring
 */
export function createTokenMinter(options: TokenMinterOptions): TokenMinter {
  const given = readOptions('options', options, ['issuer', 'subject', 'keyRing', 'lifetimeSeconds', 'now']);
  return composeTokenMinter({
    issuer: readText('issuer', given.issuer, "'https://orders.internal'"),
    subject: readText('subject', given.subject, "'order-service'"),
    keyRing: readKeyRing('keyRing', given.keyRing),
    lifetimeSeconds: readLifetime('lifetimeSeconds', given, DEFAULT_LIFETIME_SECONDS),
    now: readClock('now', given),
  });
}

/** What a minter needs, checked. */
export interface MintingRules {
  readonly issuer: string;
  readonly subject: string;
  readonly keyRing: KeyRing;
  readonly lifetimeSeconds: number;
  readonly now: Clock;
  readonly events?: Events;
}

/** The minter itself, for whoever has read the options already. */
export function composeTokenMinter(rules: MintingRules): TokenMinter {
  const { issuer, subject, keyRing, now, events } = rules;
  const own = { sub: subject };
  const headerOf = rememberHeader(keyRing.activeKey(), events);
  const beginPayload = rememberBeginning(issuer, subject);
  return {
    async mint(options) {
      const given = readOptions('mint', options, MINT_OPTIONS);
      const audience = readText('mint.audience', given.audience, "'api://payments' (one audience for a token)");
      const lifetimeSeconds = readLifetime('mint.lifetimeSeconds', given, rules.lifetimeSeconds);
      const issuedAt = Math.floor(now());
      const key = keyRing.activeKey();
      const { keyId, header } = headerOf(key);
      const permissions = isGiven(given, 'permissions')
        ? readPermissionNames('mint.permissions', given.permissions)
        : undefined;
      const itself = { claims: own, expiresAt: issuedAt + lifetimeSeconds, permissions };
      const {
        claims,
        expiresAt,
        permissions: told,
      } = isGiven(given, 'onBehalfOf')
        ? describeDelegation(given.onBehalfOf as Principal, { service: subject, issuedAt, ...itself })
        : itself;
      const confirmation = isGiven(given, 'confirmation') ? readConfirmation(given.confirmation) : undefined;
      const rest = writeMembers({ issuedAt, expiresAt, confirmation, permissions: told });
      const payload = beginPayload(claims, audience)(rest);
      const signed = signEncoded(`${header}.${payload}`, (data) => key.sign(data));
      const token = typeof signed === 'string' ? signed : await signed;
      events?.emit('token_minted', { audience, keyId });
      return token;
    },
  };
}

/** The header of a key's tokens is encoded once. */
function rememberHeader(first: SigningKey, events: Events | undefined) {
  const encode = ({ keyId, algorithm }: SigningKey) => ({
    keyId,
    algorithm,
    header: encodeJson({ alg: algorithm, typ: 'at+jwt', kid: keyId }),
  });
  let last = encode(first);
  return function headerOf(key: SigningKey) {
    if (key.keyId === last.keyId && key.algorithm === last.algorithm) return last;
    const { keyId: retiredKeyId } = last;
    last = encode(key);
    if (last.keyId !== retiredKeyId) events?.emit('key_rotated', { activeKeyId: last.keyId, retiredKeyId });
    return last;
  };
}

/** What tokens begin with is encoded once, as long as each is for the same audience as the one before. */
function rememberBeginning(issuer: string, service: string) {
  const encode = (claims: object, audience: string) => ({
    claims,
    audience,
    continueWith: encodeAfter({ iss: issuer, ...claims, client_id: service, aud: audience }),
  });
  let last: ReturnType<typeof encode> | undefined;
  return function beginPayload(claims: object, audience: string) {
    if (last?.claims !== claims || last.audience !== audience) last = encode(claims, audience);
    return last.continueWith;
  };
}

interface OwnMembers {
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly confirmation: object | undefined;
  readonly permissions: ReadonlySet<string> | undefined;
}

/** What each token says anew. Numbers and an id need no JSON.stringify, which takes longer than all else beside the signature. */
function writeMembers({ issuedAt, expiresAt, confirmation, permissions }: OwnMembers): string {
  const life = `"iat":${issuedAt},"exp":${expiresAt},"jti":"${drawTokenId()}"`;
  const bound = confirmation ? `,"cnf":${JSON.stringify(confirmation)}` : '';
  const scope = permissions ? `,"scope":${JSON.stringify([...permissions].join(' '))}` : '';
  return life + bound + scope;
}

/** The life of a token out of options. */
export function readLifetime(
  option: string,
  options: { readonly lifetimeSeconds?: unknown },
  otherwise = DEFAULT_LIFETIME_SECONDS,
): number {
  return isGiven(options, 'lifetimeSeconds')
    ? Math.floor(readNumber(option, options.lifetimeSeconds, LIFETIME))
    : otherwise;
}

/** SHA-256 in base64url, which both members are. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

function readConfirmation(value: unknown): object {
  const given = readOptions('mint.confirmation', value, ['jkt', 'x5t#S256']);
  const members = Object.entries(given);
  for (const [name, thumbprint] of members) {
    if (typeof thumbprint !== 'string' || !THUMBPRINT.test(thumbprint)) {
      throw new ConfigurationError(`mint.confirmation.${name}`, 'must be a SHA-256 thumbprint in base64url');
    }
  }
  if (members.length > 0) return given;
  throw new ConfigurationError('mint.confirmation', "binds to nothing; write { jkt: '…' } or { 'x5t#S256': '…' }");
}

/** A key ring, or whatever keeps keys the same way. */
export function readKeyRing(option: string, value: unknown): KeyRing {
  if (typeof (value as KeyRing | undefined)?.activeKey === 'function') return value as KeyRing;
  throw new ConfigurationError(option, `must be a key ring, found ${describeFound(value)}; write createKeyRing()`);
}
