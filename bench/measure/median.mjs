/** The middle of the values. */
export const median = (values) => quantile(values, 0.5);

/** The interquartile range as a share of the median: how far the rounds of one run disagree. */
export const spread = (values) => (quantile(values, 0.75) - quantile(values, 0.25)) / median(values);

/** The value below which that share of them lies. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at % 1);
}
