import { median, spread } from './median.mjs';

/**
 * Times contestants in turn, A B C A B C …, in slices so short that whatever else the machine does happens to all of them.
 *
 * A contestant is `{ name, run(count), prepare?(count) }`; what `prepare` does before a slice is not timed. A round gives each
 * contestant `milliseconds`; the result tells the median of the rounds, and ratios round by round.
 */
export async function compare(contestants, { rounds, milliseconds, sliceMilliseconds = 5, warmUpMilliseconds = 100 }) {
  const entrants = [];
  for (const contestant of contestants) {
    const count = await calibrate(contestant, {
      milliseconds: Math.min(sliceMilliseconds, milliseconds),
      warmUpMilliseconds,
    });
    entrants.push({ contestant, count, perCall: [] });
  }
  for (let round = 0; round < rounds; round++) await playRound(entrants, milliseconds / sliceMilliseconds);
  const times = new Map(entrants.map(({ contestant, perCall }) => [contestant.name, perCall]));
  return {
    /** Median nanoseconds for one call. */
    nanosecondsOf: (name) => median(times.get(name)),
    /** How many times as long one takes as the other, with the spread of the rounds. */
    ratioOf(name, other) {
      const ratios = times.get(name).map((time, round) => time / times.get(other)[round]);
      return { ratio: median(ratios), noise: spread(ratios) };
    },
  };
}

async function playRound(entrants, turns) {
  const elapsed = entrants.map(() => 0);
  const order = entrants.map((_, at) => at);
  let calls = 0;
  for (let turn = 0; turn < turns; turn++, calls++) {
    for (const at of order) elapsed[at] += await timeSlice(entrants[at].contestant, entrants[at].count);
    order.reverse();
  }
  for (const [at, { count, perCall }] of entrants.entries()) perCall.push(elapsed[at] / (calls * count));
}

/** How many calls fill a slice, found out while the contestant warms up. */
async function calibrate(contestant, { milliseconds, warmUpMilliseconds }) {
  const wanted = milliseconds * 1e6;
  const warmAt = performance.now() + warmUpMilliseconds;
  for (let count = 1; ; ) {
    const elapsed = await timeSlice(contestant, count);
    const fitting = Math.max(1, Math.round((count * wanted) / elapsed));
    if (performance.now() >= warmAt && fitting <= count * 2) return fitting;
    count = Math.min(fitting, count * 2);
  }
}

/** Nanoseconds of so many calls. */
async function timeSlice({ prepare, run }, count) {
  prepare?.(count);
  const startedAt = process.hrtime.bigint();
  const pending = run(count);
  // Work that is done already waits for nothing: a turn of the event loop would be counted as its own.
  if (pending !== undefined) await pending;
  return Number(process.hrtime.bigint() - startedAt);
}
