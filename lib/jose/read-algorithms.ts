import { ConfigurationError } from '../errors.js';
import { describeFound } from '../options.js';
import { ALGORITHM_NAMES, type AlgorithmName, isAlgorithmName } from './algorithms.js';

/** Names of algorithms out of options; both of EdDSA's names (RFC 9864) are understood. */
export function readAlgorithms(option: string, value: unknown): readonly AlgorithmName[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(
      option,
      `must be a non-empty list of algorithms, found ${describeFound(value)}; write for example ['ES256']`,
    );
  }
  return value.map((name) => {
    const known = readAlgorithmName(name);
    if (!known) {
      throw new ConfigurationError(
        option,
        `may hold ${ALGORITHM_NAMES.join(', ')} and nothing else (no HMAC, no none)`,
      );
    }
    return known;
  });
}

/** The names as others may know them: EdDSA by both of its own. */
export function listAlgorithmNames(algorithms: readonly AlgorithmName[]): readonly string[] {
  return algorithms.flatMap((name) => (name === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [name]));
}

/** The table's name for a name, undefined where it has none. */
export function readAlgorithmName(name: unknown): AlgorithmName | undefined {
  if (name === 'Ed25519') return 'EdDSA';
  return isAlgorithmName(name) ? name : undefined;
}
