import { describeRatio } from './describe.mjs';

/** Whether a ratio stays below the most that it may be. */
export function judgeAtMost(what, most, measured) {
  return { ...judge(what, most, measured), target: `at most ${describeRatio(most)}`, isMet: measured.ratio <= most };
}

/** Whether a ratio reaches the least that it must be. */
export function judgeAtLeast(what, least, measured) {
  return {
    ...judge(what, least, measured),
    target: `at least ${describeRatio(least)}`,
    isMet: measured.ratio >= least,
  };
}

/** `margin` is how far from its limit the ratio is, as a share: where that is more than the noise, noise can't have decided. */
function judge(what, limit, { ratio, noise }) {
  return { what, measured: describeRatio(ratio), noise, margin: Math.abs(ratio / limit - 1) };
}
