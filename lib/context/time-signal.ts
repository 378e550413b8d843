import { ConfigurationError } from '../errors.js';
import { isGiven, quoteText, readOptions, readText, readTexts } from '../options.js';
import { readOtherwise } from './read-signal-parts.js';
import { readSignal } from './read-signals.js';
import type { Signal, SignalRequest } from './signal.js';

/** A day of the week. */
export type Weekday = (typeof WEEKDAYS)[number];

/** Options of {@link timeSignal}. */
export interface TimeSignalOptions {
  /** What records call it; `time` by default. */
  readonly name?: string;
  /** From when until when: `08:00-18:00`, or several. The end is no longer within; `22:00-06:00` goes on past midnight. */
  readonly hours: string | readonly string[];
  /** The days on which they begin; all by default. */
  readonly days?: readonly Weekday[];
  /** Where these hours are meant: `Europe/Berlin`. There is no default. */
  readonly timeZone: string;
  /** The score at any other time; 1 by default. */
  readonly otherwise?: number;
}

interface Hours {
  /** Minutes since midnight. */
  readonly start: number;
  readonly end: number;
}

/** A moment as clocks on the wall show it. */
interface WallTime {
  readonly minutes: number;
  /** Of {@link WEEKDAYS}. */
  readonly day: number;
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const OPTIONS = ['name', 'hours', 'days', 'timeZone', 'otherwise'] as const;
const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const EXAMPLE = "{ hours: '08:00-18:00', days: ['mon', 'tue'], timeZone: 'Europe/Berlin' }";

/**
 * When a request comes, by the gate's clock: 0 within the hours, `otherwise` at any other time.
 *
 * @throws {ConfigurationError} for hours, days or a time zone that are none
 * @example timeSignal({ hours: '08:00-18:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'], timeZone: 'Europe/Berlin', otherwise: 0.5 })
 */
export function timeSignal(options: TimeSignalOptions): Signal {
  const given = readOptions('timeSignal', options, OPTIONS, EXAMPLE);
  const hours = readTexts('timeSignal.hours', given.hours, "'08:00-18:00'").map(readHours);
  const days = isGiven(given, 'days') ? readDays(given.days) : new Set(WEEKDAYS.keys());
  const readWallTime = openWallClock(given.timeZone);
  const otherwise = readOtherwise('timeSignal', given);
  return readSignal('timeSignal', {
    name: isGiven(given, 'name') ? given.name : 'time',
    worst: otherwise,
    assess: function assessTime({ now }: SignalRequest) {
      const time = readWallTime(now);
      if (hours.some((each) => isWithin(each, days, time))) return { score: 0, reason: 'came within the hours' };
      return { score: otherwise, reason: 'came outside of the hours' };
    },
  });
}

/** Hours past midnight belong to the day on which they began. */
function isWithin({ start, end }: Hours, days: ReadonlySet<number>, { minutes, day }: WallTime): boolean {
  if (start < end) return days.has(day) && minutes >= start && minutes < end;
  return (days.has(day) && minutes >= start) || (days.has((day + 6) % 7) && minutes < end);
}

function readHours(text: string): Hours {
  const [, startHour, startMinute, endHour = '24', endMinute = '00'] = HOURS.exec(text) ?? [];
  const hours = {
    start: Number(startHour) * 60 + Number(startMinute),
    end: Number(endHour) * 60 + Number(endMinute),
  };
  if (startHour !== undefined && hours.start !== hours.end) return hours;
  throw new ConfigurationError(
    'timeSignal.hours',
    `must be from when until when, found ${quoteText(text)}; write for example '08:00-18:00', or '00:00-24:00'`,
  );
}

function readDays(value: unknown): ReadonlySet<number> {
  const names = readTexts('timeSignal.days', value, "['mon', 'tue']");
  return new Set(
    names.map((name) => {
      const day = (WEEKDAYS as readonly string[]).indexOf(name);
      if (day >= 0) return day;
      throw new ConfigurationError(
        'timeSignal.days',
        `must be of ${WEEKDAYS.join(', ')}, found ${quoteText(name)}; write for example ['mon', 'tue']`,
      );
    }),
  );
}

/** @returns what clocks on the wall show there, summer time included */
function openWallClock(value: unknown): (now: number) => WallTime {
  const timeZone = readText('timeSignal.timeZone', value, "'Europe/Berlin'");
  const format = openFormat(timeZone);
  return (now) => {
    const parts = new Map(format.formatToParts(now * 1000).map((part) => [part.type, part.value]));
    return {
      minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
      day: WEEKDAYS.indexOf(parts.get('weekday')?.toLowerCase() as Weekday),
    };
  };
}

function openFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
  } catch (cause) {
    throw new ConfigurationError(
      'timeSignal.timeZone',
      `is no time zone that is known here: ${quoteText(timeZone)}; write for example 'Europe/Berlin'`,
      { cause },
    );
  }
}
