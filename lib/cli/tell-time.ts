const UNITS = [
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

const MANY_DAYS_SECONDS = 10 * 86_400;
const CENTURY_SECONDS = 36_525 * 86_400;

/** The longest time that a `Date` can hold, in seconds. */
const MAX_SECONDS = 8.64e12;

/** A time as ISO 8601 in UTC, seconds alone; what no calendar has as a number. */
export function tellTime(seconds: number): string {
  if (!(Math.abs(seconds) <= MAX_SECONDS)) return `${seconds} s`;
  return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

/** A length of time in its two largest units: `5 min`, `1 h 30 min`, `3 days`. Of many days, the hours don't matter. */
export function tellDuration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  if (!(whole <= CENTURY_SECONDS)) return 'more than 100 years';
  const at = UNITS.findIndex(([, size]) => whole >= size);
  if (at < 0) return '0 s';
  const [name, size] = UNITS[at] as (typeof UNITS)[number];
  const first = count(Math.floor(whole / size), name);
  const next = UNITS[at + 1];
  const rest = next && whole < MANY_DAYS_SECONDS ? Math.floor((whole % size) / next[1]) : 0;
  return next && rest > 0 ? `${first} ${count(rest, next[0])}` : first;
}

/** How far a time is from now: `5 min ago`, `in 3 h`. */
export function tellDistance(seconds: number, now: number): string {
  return seconds > now ? `in ${tellDuration(seconds - now)}` : `${tellDuration(now - seconds)} ago`;
}

function count(number: number, unit: string): string {
  return unit === 'day' && number !== 1 ? `${number} days` : `${number} ${unit}`;
}
