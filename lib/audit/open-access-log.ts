import { pino } from 'pino';
import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { describeFound, isGiven, readOptionalSwitch, readOptions } from '../options.js';
import type { AccessRecord } from './access-record.js';
import { batchLines, type LineDestination } from './batch-lines.js';

/** Options of the access log. */
export interface AccessLogOptions {
  /** Where lines go, one JSON object and a line break each; standard output by default, written synchronously. */
  readonly destination?: LineDestination;
  /** Hands lines over together, up to 50 ms late: faster, and lost where a signal ends the process unhandled. */
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
  const batched = isBatched ? batchLines(destination) : undefined;
  const logger = pino(
    // pino begins each line with its level; ours begins with what it is, and the record's own time follows.
    { base: null, timestamp: false, formatters: { level: () => ({ event: 'api_access' }) } },
    batched ?? destination,
  );
  return {
    write: (record) => logger.info({ ...record, event: undefined }),
    close: () => batched?.close(),
  };
}

function readDestination(value: unknown): LineDestination {
  if (typeof (value as LineDestination | undefined)?.write === 'function') return value as LineDestination;
  throw new ConfigurationError(
    'accessLog.destination',
    `must have a method write(line), found ${describeFound(value)}; write for example process.stderr`,
  );
}

/** Synchronous, so that no line is lost when the process ends. */
function openStandardOutput(): LineDestination {
  return pino.destination({ fd: 1, sync: true }) as unknown as LineDestination;
}

/** It must not throw: a full disk is no reason to let anyone in, to turn anyone away, or to crash. */
function guardDestination(destination: LineDestination, events: Events): LineDestination {
  let told: unknown;
  function lose(error: unknown): void {
    if (error !== told) events.emit('record_lost', { error });
    told = error; // a stream may both emit and throw it
  }
  const emitter = destination as { on?: (event: 'error', listener: (error: unknown) => void) => void };
  if (typeof emitter.on === 'function') emitter.on('error', lose);
  return {
    write(line) {
      told = undefined;
      try {
        const written = destination.write(line) as { catch?: (lose: (error: unknown) => void) => unknown } | undefined;
        if (typeof written?.catch === 'function') written.catch(lose);
      } catch (error) {
        lose(error);
      }
    },
  };
}
