import { keepFigures } from './keep-figures.js';
import { composeMetric, type Naming, type RegistryMetric } from './registry-metric.js';

/** How often something was how large. */
export class Distribution {
  readonly #bounds: readonly number[];
  /** By the first bound that is not exceeded; the last one is beyond all of them. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }

  /** As Prometheus has it: each bucket counts those below it too. */
  list(name: string, labels: Readonly<Record<string, string>>) {
    let count = 0;
    const buckets = this.#counts.map((own, at) => {
      count += own;
      return { labels: { le: this.#bounds[at] ?? '+Inf', ...labels }, value: count, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: this.#sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  }
}

/** A histogram: one distribution for each set of label values, which stand in the order of the labels' names. */
export function keepHistogram(
  naming: Naming,
  bounds: readonly number[],
): { readonly metric: RegistryMetric; at(...values: readonly string[]): Distribution } {
  const { at, entries, reset } = keepFigures(naming, {
    open: () => new Distribution(bounds),
    clear: (distribution) => distribution.clear(),
  });
  const list = (name: string) => entries().flatMap(([labels, distribution]) => distribution.list(name, labels));
  return { metric: composeMetric(naming, { type: 'histogram', list, reset }), at: (...values) => at(values) };
}
