import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AccessRecord } from '../audit/access-record.js';
import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { describeFound, isGiven, readOptions } from '../options.js';
import type { KeySource, KeyStatus } from '../trust/key-source.js';

/** Options of the metrics. */
export interface MetricsOptions {
  /** Where the series are kept; an own registry for each gate by default. Gates may share one. */
  readonly registry?: Registry;
}

/** The metrics of one gate. */
export interface Metrics {
  readonly registry: Registry;
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

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const UNMATCHED = 'unmatched';
const OTHER = 'other';

/** Series by registry, so that gates which share one count into the same. */
const seriesByRegistry = new WeakMap<Registry, Series>();

/**
 * Prometheus series out of records and events. Every label comes from a closed set: no caller can add a series.
 *
 * @throws {ConfigurationError} for a registry that is none, or that has our names already from somewhere else
 */
export function createMetrics(value: unknown, { events, keys, audiences }: MetricsContext): Metrics {
  const registry = readRegistry(readOptions('metrics', value, ['registry']));
  const series = seriesByRegistry.get(registry) ?? openSeries(registry);
  series.keySources.push(keys);
  events.on('token_verified', ({ issuer = '', reason = '' }) => {
    series.verifications.inc({ issuer, result: reason === '' ? 'accepted' : 'refused', reason });
  });
  events.on('keys_fetched', ({ issuer, error }) =>
    series.fetches.inc({ issuer, result: error ? 'failed' : 'fetched' }),
  );
  events.on('token_minted', ({ audience }) =>
    series.minted.inc({ audience: audiences.has(audience) ? audience : OTHER }),
  );
  events.on('token_in_query', () => series.tokensInQuery.inc());
  events.on('tokens_revoked', ({ by }) => series.revocations.inc({ by }));
  events.on('store_unreachable', ({ store, effect }) => series.storeFailures.inc({ store, effect }));
  events.on('signal_failed', ({ signal }) => series.signalFailures.inc({ signal }));
  events.on('record_lost', () => series.recordsLost.inc());
  return {
    registry,
    count: (record) => countRequest(series, record),
    shadow(of, until) {
      const last = Math.max(until, series.shadowed.get(of) ?? 0);
      series.shadowed.set(of, last);
      series.shadowUntil.set({ of }, last);
    },
  };
}

function countRequest({ duration, decisions, wouldDeny }: Series, record: AccessRecord): void {
  const { decision, reason = '' } = record;
  const route = record.route ?? UNMATCHED;
  const method = METHODS.has(record.method) ? record.method : OTHER;
  duration.observe({ route, method, status: labelStatus(record), decision }, record.durationMs / 1000);
  decisions.inc({ route, method, decision, reason });
  if (record.wouldDeny) wouldDeny.inc({ route, method, reason: record.wouldDeny });
}

/** A handler may set any number; what was aborted was answered with none. */
function labelStatus({ statusCode, aborted }: AccessRecord): string {
  if (aborted) return 'aborted';
  return statusCode >= 100 && statusCode < 600 ? String(statusCode) : OTHER;
}

function readRegistry(options: { readonly registry?: unknown }): Registry {
  if (!isGiven(options, 'registry')) return new Registry();
  const registry = options.registry as Registry | undefined;
  if (typeof registry?.registerMetric === 'function' && typeof registry.metrics === 'function') return registry;
  throw new ConfigurationError(
    'metrics.registry',
    `must be a Registry of prom-client, found ${describeFound(options.registry)}`,
  );
}

type Series = ReturnType<typeof composeSeries>;

function openSeries(registry: Registry): Series {
  try {
    const series = composeSeries(registry);
    seriesByRegistry.set(registry, series);
    return series;
  } catch (cause) {
    throw new ConfigurationError('metrics.registry', `can't take our series: ${(cause as Error).message}`, { cause });
  }
}

/** Gates that share a registry may trust the same issuer: of its figures the worst is told. */
function setGreatest(
  gauge: Gauge<'issuer'>,
  keySources: readonly ReadonlyMap<string, KeySource>[],
  read: (status: KeyStatus) => number | undefined,
): void {
  const greatest = new Map<string, number>();
  for (const [issuer, keys] of keySources.flatMap((sources) => [...sources])) {
    const figure = read(keys.status());
    if (figure !== undefined) greatest.set(issuer, Math.max(figure, greatest.get(issuer) ?? 0));
  }
  for (const [issuer, figure] of greatest) gauge.set({ issuer }, figure);
}

function composeSeries(registry: Registry) {
  const registers = [registry];
  const keySources: ReadonlyMap<string, KeySource>[] = [];
  new Gauge({
    name: 'countersign_key_age_seconds',
    help: 'Seconds since the keys of an issuer were fetched',
    labelNames: ['issuer'],
    registers,
    collect() {
      setGreatest(this, keySources, ({ ageSeconds }) => ageSeconds);
    },
  });
  new Gauge({
    name: 'countersign_keys_stale',
    help: '1 while the keys of an issuer are past their time, because their source cannot be reached',
    labelNames: ['issuer'],
    registers,
    collect() {
      setGreatest(this, keySources, ({ stale }) => (stale ? 1 : 0));
    },
  });
  return {
    keySources,
    shadowed: new Map<string, number>(),
    duration: new Histogram({
      name: 'countersign_request_duration_seconds',
      help: 'Time from the first sight of a request to its end',
      labelNames: ['route', 'method', 'status', 'decision'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    decisions: new Counter({
      name: 'countersign_decisions_total',
      help: 'Requests by what was decided about them, and why they were denied',
      labelNames: ['route', 'method', 'decision', 'reason'],
      registers,
    }),
    wouldDeny: new Counter({
      name: 'countersign_would_deny_total',
      help: 'Requests that passed in shadow mode, and why they would have been denied',
      labelNames: ['route', 'method', 'reason'],
      registers,
    }),
    shadowUntil: new Gauge({
      name: 'countersign_shadow_until_timestamp_seconds',
      help: 'Until when denials are recorded alone, by what is not enforced; absent where all is',
      labelNames: ['of'],
      registers,
    }),
    verifications: new Counter({
      name: 'countersign_token_verifications_total',
      help: 'Credentials by the result of their verification, and why they were refused',
      labelNames: ['issuer', 'result', 'reason'],
      registers,
    }),
    fetches: new Counter({
      name: 'countersign_key_fetches_total',
      help: 'Fetches of key sets by result',
      labelNames: ['issuer', 'result'],
      registers,
    }),
    minted: new Counter({
      name: 'countersign_tokens_minted_total',
      help: 'Tokens minted, by the audience that they are for',
      labelNames: ['audience'],
      registers,
    }),
    tokensInQuery: new Counter({
      name: 'countersign_tokens_in_query_total',
      help: 'Refused requests that showed a token in their query, where it is never read',
      registers,
    }),
    revocations: new Counter({
      name: 'countersign_revocations_total',
      help: 'Revocations made here, by what they name',
      labelNames: ['by'],
      registers,
    }),
    storeFailures: new Counter({
      name: 'countersign_store_failures_total',
      help: 'Requests for which a store did not answer as it must, and what that meant for them',
      labelNames: ['store', 'effect'],
      registers,
    }),
    signalFailures: new Counter({
      name: 'countersign_signal_failures_total',
      help: 'Requests of which a signal gave no assessment, or none in time',
      labelNames: ['signal'],
      registers,
    }),
    recordsLost: new Counter({
      name: 'countersign_access_records_lost_total',
      help: 'Access records that their destination did not take',
      registers,
    }),
  };
}
