import type { AccessRecord } from 'countersign';

/** An access log that keeps what it was given, and lets a test wait for it: a record follows its response. */
export interface CapturedLog {
  readonly lines: string[];
  readonly destination: { write(line: string): void };
  /** The next record that nobody has asked for yet. */
  next(): Promise<AccessRecord>;
}

/** A destination in memory. */
export function captureLog(): CapturedLog {
  const lines: string[] = [];
  let taken = 0;
  let wake: (() => void) | undefined;
  return {
    lines,
    destination: {
      write(line) {
        lines.push(line);
        wake?.();
      },
    },
    async next() {
      while (lines.length <= taken) {
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('no record was written')), 4000);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return JSON.parse(lines[taken++] as string) as AccessRecord;
    },
  };
}
