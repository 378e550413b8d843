/** What is done so many times in a slice, and how long that takes is measured. */
export type Work = (count: number) => Promise<void> | void;

const WARM_UP_SLICES = 200;

/**
 * How many times as long the one takes as the other: the median over many short slices in turn. Whatever else the machine
 * does, it does to both.
 */
export async function measureRatio(one: Work, other: Work, { slices = 120, count = 10 } = {}): Promise<number> {
  const ratios: number[] = [];
  for (let slice = -WARM_UP_SLICES; slice < slices; slice++) {
    const [first, second] = slice % 2 === 0 ? [one, other] : [other, one];
    const [firstTime, secondTime] = [await timeSlice(first, count), await timeSlice(second, count)];
    if (slice >= 0) ratios.push(slice % 2 === 0 ? firstTime / secondTime : secondTime / firstTime);
  }
  return median(ratios);
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

async function timeSlice(work: Work, count: number): Promise<number> {
  const startedAt = process.hrtime.bigint();
  await work(count);
  return Number(process.hrtime.bigint() - startedAt);
}
