import { ConfigurationError } from '../errors.js';

/** The engine, as its package gives it. */
export type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

/** What Cedar says where it can't use something. */
export interface CedarTrouble {
  readonly message: string;
  readonly help: string | null;
  readonly sourceLocations?: readonly { readonly start: number }[];
}

type Failure = { readonly type: 'failure'; readonly errors: readonly CedarTrouble[] };

/** The engine, which only those need that have policies in Cedar. @throws {ConfigurationError} where it is not installed */
export async function loadCedar(option: string): Promise<Cedar> {
  try {
    return await import('@cedar-policy/cedar-wasm/nodejs');
  } catch (cause) {
    throw new ConfigurationError(option, 'needs the package @cedar-policy/cedar-wasm; install it', { cause });
  }
}

/** What Cedar makes of an option, whose `text` names the lines. @throws {ConfigurationError} where it can't be used */
export function demand<T extends { readonly type: string }>(
  option: string,
  work: () => T | Failure,
  text?: unknown,
): Exclude<T, Failure> {
  const answer = tryTo(work);
  if (answer.type === 'failure') throw refuseOption(option, (answer as Failure).errors, text);
  return answer as Exclude<T, Failure>;
}

/** The error that says what Cedar found. */
export function refuseOption(option: string, troubles: readonly CedarTrouble[], text?: unknown): ConfigurationError {
  return new ConfigurationError(option, `can't be used: ${describeTroubles(troubles, text)}`);
}

/** What Cedar found, in one line. */
export function describeTroubles(troubles: readonly CedarTrouble[], text?: unknown): string {
  return troubles
    .map(({ message, help, sourceLocations }) => {
      const start = sourceLocations?.[0]?.start;
      const line = typeof text === 'string' && start !== undefined ? ` in line ${countLines(text, start)}` : '';
      return `${message}${line}${help === null ? '' : ` (${help})`}`;
    })
    .join('; ');
}

/** Cedar counts in bytes. */
function countLines(text: string, bytes: number): number {
  return Buffer.from(text).subarray(0, bytes).toString().split('\n').length;
}

/** It throws where an argument is of another shape than its own types say. */
function tryTo<T>(work: () => T): T | Failure {
  try {
    return work();
  } catch (error) {
    return { type: 'failure', errors: [{ message: String(error), help: null }] };
  }
}
