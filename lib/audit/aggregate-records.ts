import type { AccessRecord } from './access-record.js';

/** How many records like this one were made. */
interface Aggregate {
  last: AccessRecord;
  repeated: number;
}

/** A sink that writes records of peers beyond their budget together. */
export interface AggregatedRecords {
  write(record: AccessRecord): void;
  close(): void;
}

const FLUSH_MILLISECONDS = 1000;
/** Beyond so many peers at once, all are told of as one. */
const MOST_PEERS = 1000;
const OTHERS = 'others';

/**
 * Of requests that were refused as `rate_limited`, the first one of a peer is written at once, and those that follow within
 * a second as one record: the last of them, and how often there was one like it (`repeated`). All others pass unchanged.
 */
export function aggregateRecords(write: (record: AccessRecord) => void): AggregatedRecords {
  const held = new Map<string, Aggregate>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const aggregates = [...held.values()];
    held.clear();
    for (const { last, repeated } of aggregates) if (repeated > 0) write({ ...last, repeated });
  }

  function hold(record: AccessRecord): void {
    const peer = record.ip ?? '';
    const name = held.has(peer) || held.size < MOST_PEERS ? peer : OTHERS;
    const aggregate = held.get(name);
    if (aggregate) {
      aggregate.last = record;
      aggregate.repeated++;
      return;
    }
    held.set(name, { last: record, repeated: 0 });
    timer ??= setTimeout(flush, FLUSH_MILLISECONDS).unref();
    write(record);
  }

  return {
    write: (record) => (record.reason === 'rate_limited' ? hold(record) : write(record)),
    close: flush,
  };
}
