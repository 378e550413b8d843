import { ConfigurationError } from '../errors.js';
import { quoteText, readDate, readOptionalSwitch, readOptions } from '../options.js';

/**
 * `enforce`, the default: what is denied is refused. In shadow mode authorization and context are judged and recorded
 * (`wouldDeny`), and the request passes, until the date; from then on it is enforced. Callers are verified in both.
 */
export type Mode = 'enforce' | { readonly shadow: true; readonly until: Date | string };

/** A mode, settled: until when (seconds since the epoch) it only watches; undefined: it enforces. */
export interface SettledMode {
  readonly shadowUntil?: number;
}

const SHADOW_DAYS = 366;
const UNAUTHENTICATED_DAYS = 92;
const DAY_SECONDS = 86_400;

/** The `mode` option of a gate or a route. Whatever is shadowed is told at start. */
export function readMode(option: string, value: unknown): SettledMode {
  if (value === 'enforce') return {};
  if (typeof value === 'string') {
    throw new ConfigurationError(option, `must be 'enforce' or { shadow: true, until }, found ${quoteText(value)}`);
  }
  const given = readOptions(option, value, ['shadow', 'until'], "{ shadow: true, until: '2026-12-24' }");
  if (!readOptionalSwitch(`${option}.shadow`, given, 'shadow')) {
    throw new ConfigurationError(`${option}.shadow`, "must be true; write mode: 'enforce' to enforce");
  }
  const shadowUntil = readUntil(`${option}.until`, given.until, SHADOW_DAYS);
  process.emitWarning(`${option}: until ${tell(shadowUntil)} what is not allowed is recorded, and passes`, {
    code: 'COUNTERSIGN_SHADOW_MODE',
  });
  return { shadowUntil };
}

/** The `dangerouslyAllowUnauthenticated` option: until when requests pass whose callers are not verified. */
export function readUnauthenticated(value: unknown): number {
  const option = 'dangerouslyAllowUnauthenticated';
  const given = readOptions(option, value, ['until'], "{ until: '2026-12-24' }");
  const until = readUntil(`${option}.until`, given.until, UNAUTHENTICATED_DAYS);
  process.emitWarning(`${option}: until ${tell(until)} requests pass whose callers are not verified`, {
    code: 'COUNTERSIGN_DANGEROUSLY_ALLOW_UNAUTHENTICATED',
  });
  return until;
}

/** A date that is meant: one that is years ahead switches a protection off for good. */
function readUntil(option: string, value: unknown, mostDays: number): number {
  const until = readDate(option, value);
  // The clock of the machine: what is written in code is meant for it, whatever clock a test injects.
  if (until <= Date.now() / 1000 + mostDays * DAY_SECONDS) return until;
  throw new ConfigurationError(option, `must be at most ${mostDays} days ahead, found ${tell(until)}`);
}

function tell(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
