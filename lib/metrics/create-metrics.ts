import type { Registry } from 'prom-client';
import type { AccessRecord } from '../audit/access-record.js';
import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { describeFound, isGiven, readOptions } from '../options.js';
import type { KeySource } from '../trust/key-source.js';
import { composeSeries, type Series } from './compose-series.js';
import { createRequestCounter, OTHER } from './count-request.js';
import type { Figure } from './keep-counter.js';
import { type RegistryMetric, register } from './registry-metric.js';

/** Options of the metrics. */
export interface MetricsOptions {
  /** Where the series are kept; an own registry for each gate by default. Gates may share one. */
  readonly registry?: Registry;
}

/** The metrics of one gate. */
export interface Metrics {
  /** The registry that has the series; an own one is made when somebody asks for it. */
  registry(): Promise<Registry>;
  /** Counts a request, out of the same record that the access log writes. */
  count(record: AccessRecord): void;
  /** Tells until when something is not enforced; of several dates the last. Seconds since the epoch. */
  shadow(of: 'authorization' | 'authentication' | 'routes', until: number): void;
}

interface MetricsContext {
  readonly events: Events;
  /** The trusted issuers' keys, by issuer. */
  readonly keys: ReadonlyMap<string, KeySource>;
  /** Audiences that the service calls: the only ones that become a label. */
  readonly audiences: ReadonlySet<string>;
}

/** Series by registry, so that gates which share one count into the same. */
const seriesByRegistry = new WeakMap<Registry, Series>();

/**
 * Prometheus series out of records and events. Every label comes from a closed set: no caller can add a series.
 *
 * @throws {ConfigurationError} for a registry that is none, or that has our names already from somewhere else
 */
export function createMetrics(value: unknown, { events, keys, audiences }: MetricsContext): Metrics {
  const shared = readRegistry(readOptions('metrics', value, ['registry']));
  const series = shared ? (seriesByRegistry.get(shared) ?? openSeries(shared)) : composeSeries();
  let own: Promise<Registry> | undefined;
  series.keySources.push(keys);
  countEvents(series, events, audiences);
  return {
    async registry() {
      own ??= shared ? Promise.resolve(shared) : openRegistry(series);
      return own.catch((error) => {
        own = undefined; // asked again, it may be there
        throw error;
      });
    },
    count: createRequestCounter(series),
    shadow(of, until) {
      const figure = series.shadowUntil.at(of);
      figure.value = Math.max(figure.value, until);
    },
  };
}

function countEvents(series: Series, events: Events, audiences: ReadonlySet<string>): void {
  const { verifications, fetches, minted, tokensInQuery, revocations, storeFailures, signalFailures, recordsLost } =
    series;
  const acceptedByIssuer = new Map<string, Figure>(); // looked up on most requests

  function openAccepted(issuer: string): Figure {
    const figure = verifications.at(issuer, 'accepted', '');
    acceptedByIssuer.set(issuer, figure);
    return figure;
  }

  events.on('token_verified', ({ issuer = '', reason }) => {
    if (reason !== undefined) return void verifications.at(issuer, 'refused', reason).value++;
    const figure = acceptedByIssuer.get(issuer) ?? openAccepted(issuer);
    figure.value++;
  });
  events.on('keys_fetched', ({ issuer, error }) => void fetches.at(issuer, error ? 'failed' : 'fetched').value++);
  events.on('token_minted', ({ audience }) => void minted.at(audiences.has(audience) ? audience : OTHER).value++);
  events.on('token_in_query', () => void tokensInQuery.at().value++);
  events.on('tokens_revoked', ({ by }) => void revocations.at(by).value++);
  events.on('store_unreachable', ({ store, effect }) => void storeFailures.at(store, effect).value++);
  events.on('signal_failed', ({ signal }) => void signalFailures.at(signal).value++);
  events.on('record_lost', () => void recordsLost.at().value++);
}

function readRegistry(options: { readonly registry?: unknown }): Registry | undefined {
  if (!isGiven(options, 'registry')) return undefined;
  const registry = options.registry as Registry | undefined;
  if (typeof registry?.registerMetric === 'function' && typeof registry.metrics === 'function') return registry;
  throw new ConfigurationError(
    'metrics.registry',
    `must be a Registry of prom-client, found ${describeFound(options.registry)}`,
  );
}

function openSeries(registry: Registry): Series {
  try {
    const series = composeSeries();
    for (const metric of listMetrics(series)) register(registry, metric);
    seriesByRegistry.set(registry, series);
    return series;
  } catch (cause) {
    throw new ConfigurationError('metrics.registry', `can't take our series: ${(cause as Error).message}`, { cause });
  }
}

/** prom-client is loaded when the metrics are first asked for: half of the time in which this package loads would be its own. */
async function openRegistry(series: Series): Promise<Registry> {
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  for (const metric of listMetrics(series)) register(registry, metric);
  return registry;
}

function listMetrics({ keySources: _, ...metrics }: Series): readonly RegistryMetric[] {
  return Object.values(metrics).map(({ metric }) => metric);
}
