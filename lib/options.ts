import { ConfigurationError } from './errors.js';

/** What was found where an option should be, in words that can't hold a secret: text is shown only by `quoteText`. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (value instanceof RegExp) return 'a RegExp';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Text of an option that is no secret (an issuer, a path), short enough for a message; a URL without its user. */
export function quoteText(text: string): string {
  const shown = text.replace(/\/\/[^/]*@/, '//…@');
  return JSON.stringify(shown.length > 100 ? `${shown.slice(0, 100)}…` : shown);
}

/** An options object whose member names are all known: a misspelt option must not be silently ignored. */
export function readOptions<Known extends string>(
  option: string,
  value: unknown,
  known: readonly Known[],
  example?: string,
): Partial<Record<Known, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof RegExp) {
    const hint = example === undefined ? '' : `; write for example ${example}`;
    throw new ConfigurationError(option, `must be an object, found ${describeFound(value)}${hint}`);
  }
  for (const name in value) {
    if (!(known as readonly string[]).includes(name)) {
      throw new ConfigurationError(`${option}.${name}`, `is not an option; known here: ${known.join(', ')}`);
    }
  }
  // A copy, inherited members and accessors included: what was read once is what counts from then on.
  const given: Partial<Record<Known, unknown>> = {};
  for (const name of known) {
    if (name in value) given[name] = (value as Partial<Record<Known, unknown>>)[name];
  }
  return given;
}

/** Text that is there. `example` is what the message tells the reader to write. */
export function readText(option: string, value: unknown, example: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  const hint = value === undefined ? ' (is an environment variable unset?)' : '';
  throw new ConfigurationError(
    option,
    `must be a non-empty string, found ${describeFound(value)}${hint}; write for example ${example}`,
  );
}

/** One text or a non-empty list of texts. */
export function readTexts(option: string, value: unknown, example: string): readonly string[] {
  if (!Array.isArray(value)) return [readText(option, value, example)];
  if (value.length === 0) {
    throw new ConfigurationError(option, `must not be an empty list; write for example ${example}`);
  }
  return readList(option, value, example);
}

/** The entries of a table whose names are the user's. `what` and `example` are for the message. */
export function readEntries(
  option: string,
  value: unknown,
  { what = 'an object', example }: { readonly what?: string; readonly example: string },
): readonly (readonly [string, unknown])[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new ConfigurationError(option, `must be ${what}, found ${describeFound(value)}; write for example ${example}`);
}

/** A list of texts, empty or not. */
export function readList(option: string, value: unknown, example: string): readonly string[] {
  if (!Array.isArray(value)) {
    throw new ConfigurationError(
      option,
      `must be a list of strings, found ${describeFound(value)}; write for example ${example}`,
    );
  }
  return Object.freeze(Array.from(value, (item, at) => readText(`${option}[${at}]`, item, example)));
}

/** A finite number within bounds, both included. */
export function readNumber(
  option: string,
  value: unknown,
  { least, most, unit }: { readonly least: number; readonly most: number; readonly unit: string },
): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw new ConfigurationError(
      option,
      `must be a number of ${unit} from ${least} to ${most}, found ${describeFound(value)}`,
    );
  }
  return value;
}

/** A function of the user's. */
export function readFunction<F>(option: string, value: unknown): F {
  if (typeof value !== 'function') {
    throw new ConfigurationError(option, `must be a function, found ${describeFound(value)}`);
  }
  return value as F;
}

/** The one member of several that is there. */
export function readOneOf<Name extends string>(
  option: string,
  options: Partial<Record<Name, unknown>>,
  names: readonly Name[],
  example: string,
): Name {
  const [only, second] = names.filter((name) => isGiven(options, name));
  if (only !== undefined && second === undefined) return only;
  const found = only === undefined ? 'none' : 'several';
  throw new ConfigurationError(
    option,
    `must have exactly one of ${names.join(', ')}, found ${found}; write for example ${example}`,
  );
}

/** A switch that is off where it is left out. */
export function readOptionalSwitch<Name extends string>(
  option: string,
  options: Partial<Record<Name, unknown>>,
  name: Name,
): boolean {
  if (!isGiven(options, name)) return false;
  const value: unknown = options[name];
  if (typeof value === 'boolean') return value;
  throw new ConfigurationError(option, `must be true or false, found ${describeFound(value)}`);
}

/** A date, as a `Date` or in ISO 8601: seconds since the epoch. */
export function readDate(option: string, value: unknown): number {
  const isDate = value instanceof Date || (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value));
  const seconds = isDate ? new Date(value).getTime() / 1000 : Number.NaN;
  if (!Number.isNaN(seconds)) return seconds;
  const found = typeof value === 'string' ? quoteText(value) : describeFound(value);
  throw new ConfigurationError(option, `must be a date, found ${found}; write for example '2026-12-24'`);
}

/** True where the option stands at all: written as `undefined` it stands, and is then found wanting. */
export function isGiven<Name extends string>(options: Partial<Record<Name, unknown>>, name: Name): boolean {
  return Object.hasOwn(options, name);
}

/** The present time in seconds since the epoch. */
export type Clock = () => number;

/** The system's clock. */
const systemClock: Clock = () => Date.now() / 1000;

/** The clock of the options, the system's where none is given. */
export function readClock(option: string, options: { readonly now?: unknown }): Clock {
  if (!isGiven(options, 'now')) return systemClock;
  const now = readFunction<Clock>(option, options.now);
  const checked = () => {
    const present: unknown = now();
    // NaN is neither before nor after anything: no token would ever expire.
    if (!Number.isFinite(present)) {
      throw new ConfigurationError(option, `must return seconds since the epoch, returned ${describeFound(present)}`);
    }
    return present as number;
  };
  checked();
  return checked;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a request to the URL is encrypted or never leaves the machine. */
export function isEncryptedOrLoopback(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
