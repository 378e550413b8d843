import { keepFigures } from './keep-figures.js';
import { composeMetric, type Naming, type RegistryMetric } from './registry-metric.js';

/** What only grows, or what is set; `value` is for whoever holds it to change. */
export interface Figure {
  value: number;
}

/** A metric of one figure for each set of label values. */
export interface PlainMetric {
  readonly metric: RegistryMetric;
  /** The figure under these values, which stand in the order of the labels' names. */
  at(...values: readonly string[]): Figure;
  reset(): void;
}

/** A counter. */
export function keepCounter(naming: Naming): PlainMetric {
  return keepPlain('counter', naming);
}

/** A gauge; `collect` sets its figures when somebody asks for them. */
export function keepGauge(naming: Naming, collect?: (gauge: PlainMetric) => void): PlainMetric {
  return keepPlain('gauge', naming, collect);
}

function keepPlain(
  type: 'counter' | 'gauge',
  naming: Naming,
  collect: (metric: PlainMetric) => void = () => {},
): PlainMetric {
  const figures = keepFigures<Figure>(naming, {
    open: () => ({ value: 0 }),
    clear(figure) {
      figure.value = 0;
    },
  });
  const { reset } = figures;
  const list = () => {
    collect(plain);
    return figures.entries().map(([labels, { value }]) => ({ labels, value }));
  };
  const plain: PlainMetric = {
    metric: composeMetric(naming, { type, list, reset }),
    at: (...values) => figures.at(values),
    reset,
  };
  return plain;
}
