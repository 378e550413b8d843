import { EventEmitter, once } from 'node:events';
import type { AccessRecord, LineDestination } from 'countersign';

/** An access record, and the line that carried it. */
export interface KeptRecord {
  readonly record: AccessRecord;
  readonly line: string;
}

/** Where both services write their access log, and where the driver reads it. */
export interface RecordBook extends LineDestination {
  /** The record of a request. It may come a moment after the response: it is written when the response is closed. */
  read(requestId: string): Promise<KeptRecord>;
  /** Every record of one trace, the outermost call first: it is written last. */
  readTrace(traceId: string): readonly KeptRecord[];
  /** Calls the listener with every line to come. */
  follow(listener: (line: string) => void): void;
}

const PATIENCE_MILLISECONDS = 2000;

/** An access log in memory. */
export function keepRecords(): RecordBook {
  const kept = new Map<string, KeptRecord>();
  const arrivals = new EventEmitter();
  return {
    write(line) {
      const record = JSON.parse(line) as AccessRecord;
      kept.set(record.requestId, { record, line: line.trimEnd() });
      arrivals.emit(`record ${record.requestId}`);
      arrivals.emit('line', line.trimEnd());
    },
    async read(requestId) {
      const present = kept.get(requestId);
      if (present) return present;
      await once(arrivals, `record ${requestId}`, { signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
      return kept.get(requestId) as KeptRecord;
    },
    readTrace: (traceId) => [...kept.values()].filter(({ record }) => record.traceId === traceId).reverse(),
    follow: (listener) => void arrivals.on('line', listener),
  };
}
