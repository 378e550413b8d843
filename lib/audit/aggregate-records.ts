import { namePeer } from '../http/name-peer.js';
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
/** So many peers at once are told of together; the records of others are written one by one. */
const MOST_PEERS = 1000;

/**
 * Of requests that were refused as `rate_limited` before anything was verified, the first one of a peer is written at once,
 * and those that follow within a second as one record: the last of them, and how many there were (`repeated`). All others
 * pass unchanged. What is held is written when the process exits, too.
 */
export function aggregateRecords(write: (record: AccessRecord) => void): AggregatedRecords {
  const held = new Map<string, Aggregate>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    process.off('exit', flush);
    const aggregates = [...held.values()];
    held.clear();
    for (const { last, repeated } of aggregates) if (repeated > 0) write({ ...last, repeated });
  }

  function hold(peer: string, record: AccessRecord): void {
    const aggregate = held.get(peer);
    if (aggregate) {
      aggregate.last = record;
      aggregate.repeated++;
      return;
    }
    write(record);
    if (held.size >= MOST_PEERS) return;
    held.set(peer, { last: record, repeated: 0 });
    if (timer) return;
    timer = setTimeout(flush, FLUSH_MILLISECONDS).unref();
    process.prependListener('exit', flush); // before lines in batches are handed over
  }

  return {
    write(record) {
      const peer = record.reason === 'rate_limited' && !record.caller ? namePeer(record.ip) : undefined;
      if (peer === undefined) write(record);
      else hold(peer, record);
    },
    close: flush,
  };
}
