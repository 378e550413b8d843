import { ConfigurationError } from '../errors.js';
import { isGiven, quoteText, readNumber, readOptions, readTexts } from '../options.js';

/** How a user must have been authenticated. */
export interface StepUpOptions {
  /** Authentication context classes, one or several: any of them will do. */
  readonly acr?: string | readonly string[];
  /** For how long an authentication counts. Seconds. */
  readonly maxAgeSeconds?: number;
  /** Authentication methods (RFC 8176), one or several: all of them must have been used. */
  readonly amr?: string | readonly string[];
}

/** What a route asks of its user's authentication, checked. */
export interface StepUp {
  readonly acr?: readonly string[];
  readonly maxAgeSeconds?: number;
  readonly amr?: readonly string[];
}

const EXAMPLE = "{ acr: 'urn:example:strong', maxAgeSeconds: 300 }";
const MAX_AGE = { least: 0, most: 31_536_000, unit: 'seconds' };
/** What can stand in `acr_values` (RFC 9470 section 3): printable, no spaces, quotes or backslashes. */
const VALUE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** @throws {ConfigurationError} for a demand that demands nothing, or that no challenge could tell */
export function readStepUp(option: string, value: unknown): StepUp {
  const given = readOptions(option, value, ['acr', 'maxAgeSeconds', 'amr'], EXAMPLE);
  if (Object.keys(given).length === 0) throw new ConfigurationError(option, `demands nothing; write ${EXAMPLE}`);
  return Object.freeze({
    ...(isGiven(given, 'acr') && { acr: readValues(`${option}.acr`, given.acr, "'urn:example:strong'") }),
    ...(isGiven(given, 'maxAgeSeconds') && {
      maxAgeSeconds: Math.floor(readNumber(`${option}.maxAgeSeconds`, given.maxAgeSeconds, MAX_AGE)),
    }),
    ...(isGiven(given, 'amr') && { amr: readValues(`${option}.amr`, given.amr, "'mfa'") }),
  });
}

function readValues(option: string, value: unknown, example: string): readonly string[] {
  const values = readTexts(option, value, example);
  const odd = values.find((text) => !VALUE.test(text));
  if (odd === undefined) return values;
  throw new ConfigurationError(
    option,
    `holds ${quoteText(odd)}, which can't stand in a challenge: no spaces or quotes`,
  );
}
