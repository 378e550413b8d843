import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a burst does to its thread: the processor's time that it takes there, and how long nothing else has its turn. In nanoseconds. */
export async function observeBurst(burst) {
  await sleep(2); // a burst begins with a turn of its own
  const before = readThreadTime();
  await burst();
  const used = readThreadTime() - before;
  return { used, blocked: (await findLongestTurn(burst)) * 1e6 };
}

/** The processor's time of the main thread; where nobody tells it, the time that its event loop was not idle. */
function readThreadTime() {
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage();
    return (user + system) * 1e3;
  }
  if (process.platform === 'linux') return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[0]);
  return performance.eventLoopUtilization().active * 1e6;
}

async function findLongestTurn(burst) {
  let longest = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  await sleep(2);
  longest = 0;
  await burst();
  await sleep(2);
  clearInterval(timer);
  return longest;
}
