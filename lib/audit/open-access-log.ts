import sonicBoom from 'sonic-boom';
import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { describeFound, isGiven, readOptionalSwitch, readOptions } from '../options.js';
import type { AccessRecord } from './access-record.js';
import { batchLines } from './batch-lines.js';
import { composeLine } from './compose-line.js';
import { guardDestination, type LineDestination } from './guard-destination.js';

/** Options of the access log. */
export interface AccessLogOptions {
  /** Where lines go, one JSON object and a line break each; standard output by default, written synchronously. */
  readonly destination?: LineDestination;
  /**
   * Hands lines over together, up to 50 ms late: faster, and lost where a signal ends the process unhandled. While a
   * destination says that it is full (`write` returns false, until `drain`), 20,000 lines are held; more are dropped and
   * counted (`countersign_access_records_lost_total`). Standard output waits for its reader instead.
   */
  readonly batch?: boolean;
}

/** The access log: it takes records, and never gives an error back. */
export interface AccessLog {
  write(record: AccessRecord): void;
  /** Hands over what is held. */
  close(): void;
}

/**
 * Opens the access log that the options describe.
 *
 * @throws {ConfigurationError} for a destination that can't be written to
 */
export function openAccessLog(value: unknown, events: Events): AccessLog {
  const given = readOptions('accessLog', value, ['destination', 'batch']);
  const isBatched = readOptionalSwitch('accessLog.batch', given, 'batch');
  const target = isGiven(given, 'destination') ? readDestination(given.destination) : openStandardOutput();
  const destination = guardDestination(target, events);
  if (!isBatched) {
    return { write: (record) => void destination.write(composeLine(record)), close() {} };
  }
  const stalled = new Error('the reader of the access log stalls: lines are dropped');
  const batched = batchLines(destination, () => events.emit('record_lost', { error: stalled }));
  return { write: (record) => batched.write(composeLine(record)), close: batched.close };
}

function readDestination(value: unknown): LineDestination {
  if (typeof (value as LineDestination | undefined)?.write === 'function') return value as LineDestination;
  throw new ConfigurationError(
    'accessLog.destination',
    `must have a method write(line), found ${describeFound(value)}; write for example process.stderr`,
  );
}

/** Synchronous, so that no line is lost when the process ends. Where nobody reads it any more, lines are not kept for ever. */
function openStandardOutput(): LineDestination {
  return new sonicBoom.SonicBoom({ fd: 1, sync: true, maxLength: MOST_HELD_CHARACTERS });
}

const MOST_HELD_CHARACTERS = 10_000_000;
