import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Events } from '../events/create-events.js';
import type { VerificationKey } from '../jose/import-public-key.js';
import { parseJsonObject } from '../jose/parse-json-object.js';
import type { Clock } from '../options.js';
import type { CertificateFacts } from '../x509/read-certificate.js';
import type { Authorities } from './import-authorities.js';
import { importKeySet, type KeyRules } from './import-key-set.js';
import { readOwnFile, replaceFile } from './own-file.js';

/** A key set in use: what it holds, when it was fetched (seconds since the epoch), and for how long that is fresh. */
export interface HeldKeys {
  readonly keys: readonly VerificationKey[];
  readonly authorities: Authorities;
  readonly fetchedAt: number;
  readonly freshSeconds: number;
}

/** The last good key set of one issuer on disk. */
export interface KeyFile {
  /** The set, unless it is too old, somebody else's, or not as it was written. It doesn't throw. */
  load(): HeldKeys | undefined;
  /** Replaces the set behind our back, as a whole or not at all. It doesn't throw. */
  save(held: HeldKeys): void;
}

interface KeyFileContext {
  readonly directory: string;
  readonly issuer: string;
  /** Where the keys come from: a set from elsewhere is not this one's. */
  readonly source: string;
  readonly rules: KeyRules;
  readonly maxStaleSeconds: number;
  readonly now: Clock;
  readonly events: Events;
}

/** The file of an issuer in the directory; its name tells nothing, and no issuer can choose it. */
export function openKeyFile({
  directory,
  issuer,
  source,
  rules,
  maxStaleSeconds,
  now,
  events,
}: KeyFileContext): KeyFile {
  const path = join(directory, `${nameOf({ issuer, source, rules })}.json`);
  let writing: Promise<void> = Promise.resolve();

  function readStored(): HeldKeys | undefined {
    const text = readOwnFile(path);
    if (text === undefined) return undefined;
    const stored = parseJsonObject(text, 'key file');
    if (stored['issuer'] !== issuer || stored['source'] !== source) throw new Error('it is of another source');
    const fetchedAt = readFinite(stored['fetchedAt']);
    if (Math.abs(now() - fetchedAt) > maxStaleSeconds) return undefined;
    const { keys, authorities } = importKeySet(stored['keys'], rules);
    return {
      keys,
      authorities,
      fetchedAt,
      freshSeconds: Math.min(maxStaleSeconds, readFinite(stored['freshSeconds'])),
    };
  }

  async function write({ keys, authorities, fetchedAt, freshSeconds }: HeldKeys): Promise<void> {
    try {
      const jwks = [...keys.map((key) => exportKey(key, rules)), ...authorities.map(exportAuthority)];
      await replaceFile(path, JSON.stringify({ issuer, source, fetchedAt, freshSeconds, keys: jwks }));
    } catch (error) {
      events.emit('keys_not_stored', { issuer, error: error as Error });
    }
  }

  return {
    load() {
      try {
        return readStored();
      } catch (error) {
        process.emitWarning(
          `keyDirectory: the keys of ${issuer} are not taken from disk: ${(error as Error).message}`,
          {
            code: 'COUNTERSIGN_KEY_FILE_REFUSED',
          },
        );
        return undefined;
      }
    },
    save(held) {
      writing = writing.then(() => write(held));
    },
  };
}

/** Gates that share a directory have a file each for what they do not share. */
function nameOf({ issuer, source, rules }: Pick<KeyFileContext, 'issuer' | 'source' | 'rules'>): string {
  const { purpose, algorithms } = rules;
  return createHash('sha256')
    .update(JSON.stringify([issuer, source, purpose, algorithms]))
    .digest('hex');
}

function exportKey({ keyId, algorithm, key }: VerificationKey, { purpose }: KeyRules): object {
  return { ...key.export({ format: 'jwk' }), kid: keyId, alg: algorithm, use: purpose };
}

function exportAuthority({ certificate }: CertificateFacts): object {
  return { use: 'x509-svid', x5c: [certificate.raw.toString('base64')] };
}

function readFinite(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new Error('it holds no number where a time should be');
}
