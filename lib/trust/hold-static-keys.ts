import { ConfigurationError } from '../errors.js';
import { findKey } from '../jose/find-key.js';
import type { UnusableKey } from '../jose/import-public-key.js';
import { readOptions } from '../options.js';
import { type ImportedKeySet, importKeySet, type KeyRules } from './import-key-set.js';
import type { KeySource } from './key-source.js';

/** Keys from the configuration. What is wrong with them is told at start. */
export function holdStaticKeys(option: string, jwks: unknown, rules: KeyRules): KeySource {
  const imported = importOrExplain(option, readOptions(option, jwks, ['keys'], '{ keys: [jwk] }').keys, rules);
  if (imported.keys.length + imported.authorities.length === 0)
    throw new ConfigurationError(`${option}.keys`, explainEmpty(imported.unusable));
  return holdKeys(imported);
}

/** Keys that never change. */
export function holdKeys({ keys, authorities }: Pick<ImportedKeySet, 'keys' | 'authorities'>): KeySource {
  return {
    findKey: (header) => findKey(keys, header),
    holds: (key) => keys.includes(key),
    findAuthorities: () => authorities,
    status: () => ({ usable: true, stale: false, ageSeconds: 0 }),
    warm: async () => {},
  };
}

function importOrExplain(option: string, jwks: unknown, rules: KeyRules): ImportedKeySet {
  let imported: ImportedKeySet;
  try {
    imported = importKeySet(jwks, rules);
  } catch (cause) {
    throw new ConfigurationError(`${option}.keys`, `can't be used: ${(cause as Error).message}`, { cause });
  }
  const leaked = imported.unusable.find((key) => key.kind === 'private');
  if (leaked) {
    throw new ConfigurationError(`${option}.keys`, `has a key that ${leaked.message}; write public keys alone`);
  }
  return imported;
}

function explainEmpty([first]: readonly UnusableKey[]): string {
  return first
    ? `has no usable key: its first one ${first.message}`
    : 'is an empty list; write at least one public JWK';
}
