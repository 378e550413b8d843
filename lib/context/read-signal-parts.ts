import { ConfigurationError } from '../errors.js';
import { isGiven, quoteText, readNumber, readText } from '../options.js';

const SCORE = { least: 0, most: 1, unit: 'risk' };

/** A score out of options. */
export function readScore(option: string, value: unknown): number {
  return readNumber(option, value, SCORE);
}

/** The score of what a signal doesn't know, or doesn't trust: as high as can be, where nobody says otherwise. */
export function readOtherwise(option: string, options: { readonly otherwise?: unknown }): number {
  return isGiven(options, 'otherwise') ? readScore(`${option}.otherwise`, options.otherwise) : 1;
}

/** The name of a signal out of options: a word that can stand in records and metrics. */
export function readSignalName(option: string, value: unknown): string {
  const name = readText(option, value, "'network'");
  if (/^[A-Za-z][\w-]{0,63}$/.test(name)) return name;
  throw new ConfigurationError(
    option,
    `must be letters, digits, _ and -, at most 64, found ${quoteText(name)}; write for example 'network'`,
  );
}

/** The name of a header out of options, in lower case. */
export function readHeaderName(option: string, value: unknown): string {
  const name = readText(option, value, "'x-device-state'").toLowerCase();
  if (/^[a-z0-9_-]+$/.test(name)) return name;
  throw new ConfigurationError(option, `must be the name of a header, found ${quoteText(name)}`);
}
