import { openConnection } from './open-connection.mjs';

/**
 * Sends, on each connection, the next request as soon as the last one is answered, until the time is over, or until there
 * are no more tokens: how many were answered, by status, and in how many seconds.
 */
export async function sendBackToBack({ port, localAddress, connections, milliseconds, nextToken }) {
  const statuses = {};
  let open = 0;
  let isOver = false;
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const lines = await Promise.all(
    Array.from({ length: connections }, async (_, at) => {
      const line = await openConnection({ port, localAddress }, (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        sendNext();
      });
      function sendNext() {
        const token = isOver ? undefined : nextToken(at);
        if (token !== undefined) return line.send(token);
        open--;
        if (open === 0) finish();
      }
      return { ...line, sendNext };
    }),
  );
  open = connections;
  const started = process.hrtime.bigint();
  for (const { sendNext } of lines) sendNext();
  const timer = setTimeout(() => {
    isOver = true;
  }, milliseconds);
  stayAwake(() => open > 0);
  await finished;
  clearTimeout(timer);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  for (const line of lines) line.close();
  return { statuses, seconds };
}

/**
 * Keeps this process on its core: where it slept between two answers, each write of the server would have to wake the core,
 * which on a virtual machine costs the server tens of microseconds, and the more the slower it is.
 */
function stayAwake(isNeeded) {
  if (isNeeded()) setImmediate(stayAwake, isNeeded);
}
