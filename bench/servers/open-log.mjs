import { pino } from 'pino';

/** The file that log lines go to: one system call for each line, or, where batched, one for every 4 KiB, as pino advises. */
export function openLog({ log, isBatched }) {
  return pino.destination(isBatched ? { dest: log, sync: false, minLength: 4096 } : { dest: log, sync: true });
}
