import { openConnection } from './open-connection.mjs';

const FIRST_CONNECTIONS = 20;
const MOST_CONNECTIONS = 400;

/**
 * An open loop: requests are due at random times of a given rate, as those of callers who know nothing of each other, no
 * matter whether earlier ones are answered. By status, and in how many milliseconds each was answered from when it was due.
 */
export async function sendAtRandom({ port, localAddress, milliseconds, perSecond, nextToken }) {
  const statuses = {};
  const latencies = [];
  const lines = [];
  const idle = [];
  const waiting = []; // since when
  let unanswered = 0;
  let finish;

  async function openLine() {
    const line = await openConnection({ port, localAddress }, (status) => {
      latencies.push(performance.now() - line.dueAt);
      statuses[status] = (statuses[status] ?? 0) + 1;
      unanswered--;
      freeLine(line);
      if (unanswered === 0) finish?.();
    });
    lines.push(line);
    freeLine(line);
  }

  function freeLine(line) {
    idle.push(line);
    if (waiting.length > 0) sendNow(waiting.shift());
  }

  function sendNow(dueAt) {
    const line = idle.pop();
    line.dueAt = dueAt;
    line.send(nextToken());
  }

  function send(dueAt) {
    unanswered++;
    if (idle.length > 0) return sendNow(dueAt);
    waiting.push(dueAt);
    if (lines.length < MOST_CONNECTIONS) openLine();
  }

  await Promise.all(Array.from({ length: FIRST_CONNECTIONS }, openLine));
  const started = performance.now();
  const pause = () => (-Math.log(1 - Math.random()) * 1000) / perSecond;
  for (let due = started + pause(); due < started + milliseconds; due += pause()) {
    // Timers are too coarse: valid callers and forgers would always send at the same ticks.
    while (performance.now() < due) await new Promise(setImmediate);
    send(performance.now());
  }
  if (unanswered > 0) {
    await new Promise((resolve) => {
      finish = resolve;
    });
  }
  for (const line of lines) line.close();
  return { statuses, latencies };
}
