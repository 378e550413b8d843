import { median, spread } from '../measure/median.mjs';

/** How many times as much one server has of something than another, round by round: the median, and how far rounds disagree. */
export function relate(found, what, name, other) {
  const ratios = found.get(name).map((slice, round) => slice[what] / found.get(other)[round][what]);
  return { ratio: median(ratios), noise: spread(ratios) };
}
