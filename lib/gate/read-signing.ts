import { ConfigurationError } from '../errors.js';
import { createKeyRing, type KeyRing } from '../keyring/create-key-ring.js';
import { isGiven, readOptionalSwitch, readOptions, readText } from '../options.js';
import { readKeyRing, readLifetime } from '../token/mint-token.js';

/** How this service signs the tokens with which it calls others. */
export interface SigningOptions {
  /** `iss`: the URL below which others find our keys. */
  readonly issuer: string;
  /** `sub` and `client_id`; the service's name by default. */
  readonly subject?: string;
  /** Our keys. Left out: a fresh ES256 key that lives as long as the process, for development. */
  readonly keyRing?: KeyRing;
  /** Life of our tokens in seconds: 300 by default, 900 at most. */
  readonly lifetimeSeconds?: number;
  /** Lets the fresh key sign in production too, where each replica would publish another one. */
  readonly dangerouslyEphemeralKey?: boolean;
}

/** Signing, settled. */
export interface Signing {
  readonly issuer: string;
  readonly subject: string;
  readonly keyRing: KeyRing;
  readonly lifetimeSeconds: number;
}

/** The `signing` option, checked. */
export function readSigning(value: unknown, service: string): Signing {
  const given = readOptions('signing', value, [
    'issuer',
    'subject',
    'keyRing',
    'lifetimeSeconds',
    'dangerouslyEphemeralKey',
  ]);
  return {
    issuer: readText('signing.issuer', given.issuer, "'https://orders.internal'"),
    subject: isGiven(given, 'subject') ? readText('signing.subject', given.subject, "'order-service'") : service,
    keyRing: isGiven(given, 'keyRing') ? readKeyRing('signing.keyRing', given.keyRing) : makeEphemeralRing(given),
    lifetimeSeconds: readLifetime('signing.lifetimeSeconds', given),
  };
}

function makeEphemeralRing(options: { readonly dangerouslyEphemeralKey?: unknown }): KeyRing {
  const isAllowed = readOptionalSwitch('signing.dangerouslyEphemeralKey', options, 'dangerouslyEphemeralKey');
  if (process.env['NODE_ENV'] !== 'production') return createKeyRing();
  if (!isAllowed) {
    throw new ConfigurationError(
      'signing.keyRing',
      'is missing in production: a fresh key would be another one in each replica and after each restart; write createKeyRing({ active: { file: … } })',
    );
  }
  process.emitWarning('signing.dangerouslyEphemeralKey: our tokens are signed with a key that ends with this process', {
    code: 'COUNTERSIGN_DANGEROUSLY_EPHEMERAL_KEY',
  });
  return createKeyRing();
}
