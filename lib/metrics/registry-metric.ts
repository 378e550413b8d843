import type { Registry } from 'prom-client';

/** One figure, under its labels. */
interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of histograms, which have several. */
  readonly metricName?: string;
}

/** A metric as a registry of prom-client asks for it. */
export interface RegistryMetric {
  /** The registry shortens it where it speaks OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  get(): Promise<object>;
  reset(): void;
}

/** What a metric is called. */
export interface Naming {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/**
 * A metric over figures of our own. They are counted on each request, where prom-client's own metrics would look their labels
 * up anew, and given to the registry when somebody asks for them.
 */
export function composeMetric(
  { name, help }: Naming,
  {
    type,
    list,
    reset,
  }: { readonly type: RegistryMetric['type']; readonly list: (name: string) => readonly Sample[]; reset(): void },
): RegistryMetric {
  return {
    name,
    help,
    type,
    reset,
    async get() {
      return { name: this.name, help, type, aggregator: 'sum', values: list(name) };
    },
  };
}

/** Puts the metric into the registry. @throws {Error} where it has another one of that name */
export function register(registry: Registry, metric: RegistryMetric): void {
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}
