import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../errors.js';
import { describeFound, readOneOf, readOptions } from '../options.js';

/** Algorithms that we sign with. ES256 where nothing else is said: small, fast, and understood by everybody. */
export type SigningAlgorithm = 'ES256' | 'EdDSA' | 'RS256';

/** A private key: text in PEM or JSON (a JWK), or a file that holds such text, or the JWK itself. */
export type SigningKeySource =
  | { readonly text: string }
  | { readonly file: string | URL }
  | { readonly jwk: Readonly<Record<string, unknown>> };

/** A private key that is ready to sign, and the one algorithm that it signs with. */
export interface ReadKey {
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

const SOURCES = ['text', 'file', 'jwk'] as const;
const EXAMPLE = "{ file: '/run/secrets/signing-key.pem' }";

/**
 * The private key that an option names. No message holds a character of it, nor of the parser's that might.
 *
 * @throws {ConfigurationError}
 */
export function readSigningKey(option: string, value: unknown): ReadKey {
  const source = readOptions(option, value, SOURCES, EXAMPLE);
  const kind = readOneOf(option, source, SOURCES, EXAMPLE);
  const privateKey = {
    text: () => readKeyText(`${option}.text`, source.text),
    file: () => readKeyText(`${option}.file`, readKeyFile(`${option}.file`, source.file)),
    jwk: () => readJwk(`${option}.jwk`, source.jwk),
  }[kind]();
  return { privateKey, algorithm: pinAlgorithm(option, privateKey) };
}

function readKeyFile(option: string, value: unknown): string {
  if (typeof value !== 'string' && !(value instanceof URL)) {
    throw new ConfigurationError(option, `must be a path or a file URL, found ${describeFound(value)}`);
  }
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(option, `can't be read (${(cause as NodeJS.ErrnoException).code})`);
  }
}

function readKeyText(option: string, value: unknown): KeyObject {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new ConfigurationError(option, `must be a private key as PEM or JWK text, found ${describeFound(value)}`);
  }
  if (value.trim().startsWith('{')) return readJwk(option, parseJwkText(option, value));
  if (value.includes('\\n')) {
    throw new ConfigurationError(
      option,
      'has backslash-n in place of line breaks; write text.replaceAll("\\\\n", "\\n")',
    );
  }
  if (value.includes('ENCRYPTED')) {
    throw new ConfigurationError(
      option,
      'is an encrypted key; decrypt it, or let your secret store hand it over decrypted',
    );
  }
  if (!value.includes('PRIVATE KEY')) {
    throw new ConfigurationError(option, 'is no private key in PEM; it must have a line -----BEGIN PRIVATE KEY-----');
  }
  return tryKey(option, () => createPrivateKey(value.trim()));
}

function parseJwkText(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigurationError(option, 'looks like a JWK, but is not JSON');
  }
}

function readJwk(option: string, value: unknown): KeyObject {
  const jwk = value as JsonWebKey & { use?: unknown; alg?: unknown; key_ops?: unknown };
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) {
    throw new ConfigurationError(option, `must be a private JWK, found ${describeFound(value)}`);
  }
  if (!Object.hasOwn(jwk, 'd')) throw new ConfigurationError(option, 'is no private key: its member d is missing');
  if (jwk.use !== undefined && jwk.use !== 'sig')
    throw new ConfigurationError(option, 'is not a key for signatures (use)');
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('sign'))) {
    throw new ConfigurationError(option, 'is not a key for signing (key_ops)');
  }
  const privateKey = tryKey(option, () => createPrivateKey({ key: jwk, format: 'jwk' }));
  const algorithm = pinAlgorithm(option, privateKey);
  if (jwk.alg !== undefined && jwk.alg !== algorithm) {
    throw new ConfigurationError(
      option,
      `names another algorithm (alg) than ${algorithm}, which is the one for its type`,
    );
  }
  return privateKey;
}

/** The parser's error is not kept as a cause: what it quotes is the key. */
function tryKey(option: string, make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch {
    throw new ConfigurationError(option, 'is no key that can be parsed; was it cut short, or its line breaks lost?');
  }
}

function pinAlgorithm(option: string, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningAlgorithm {
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256';
  throw new ConfigurationError(
    option,
    'must be an EC key on P-256, an Ed25519 key, or an RSA key of 2048 bits or more',
  );
}
