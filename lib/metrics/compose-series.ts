import type { KeySource, KeyStatus } from '../trust/key-source.js';
import { keepCounter, keepGauge, type PlainMetric } from './keep-counter.js';
import { keepHistogram } from './keep-histogram.js';

const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All series, of one gate or of several that share a registry. Every label comes from a closed set. */
export type Series = ReturnType<typeof composeSeries>;

/** Series without a figure yet. */
export function composeSeries() {
  const keySources: ReadonlyMap<string, KeySource>[] = [];
  return {
    keySources,
    keyAge: keepGauge(
      {
        name: 'countersign_key_age_seconds',
        help: 'Seconds since the keys of an issuer were fetched',
        labelNames: ['issuer'],
      },
      (gauge) => setGreatest(gauge, keySources, ({ ageSeconds }) => ageSeconds),
    ),
    keysStale: keepGauge(
      {
        name: 'countersign_keys_stale',
        help: '1 while the keys of an issuer are past their time, because their source cannot be reached',
        labelNames: ['issuer'],
      },
      (gauge) => setGreatest(gauge, keySources, ({ stale }) => (stale ? 1 : 0)),
    ),
    duration: keepHistogram(
      {
        name: 'countersign_request_duration_seconds',
        help: 'Time from the first sight of a request to its end',
        labelNames: ['route', 'method', 'status', 'decision'],
      },
      BOUNDS_SECONDS,
    ),
    decisions: keepCounter({
      name: 'countersign_decisions_total',
      help: 'Requests by what was decided about them, and why they were denied',
      labelNames: ['route', 'method', 'decision', 'reason'],
    }),
    wouldDeny: keepCounter({
      name: 'countersign_would_deny_total',
      help: 'Requests that passed in shadow mode, and why they would have been denied',
      labelNames: ['route', 'method', 'reason'],
    }),
    shadowUntil: keepGauge({
      name: 'countersign_shadow_until_timestamp_seconds',
      help: 'Until when denials are recorded alone, by what is not enforced; absent where all is',
      labelNames: ['of'],
    }),
    verifications: keepCounter({
      name: 'countersign_token_verifications_total',
      help: 'Credentials by the result of their verification, and why they were refused',
      labelNames: ['issuer', 'result', 'reason'],
    }),
    fetches: keepCounter({
      name: 'countersign_key_fetches_total',
      help: 'Fetches of key sets by result',
      labelNames: ['issuer', 'result'],
    }),
    minted: keepCounter({
      name: 'countersign_tokens_minted_total',
      help: 'Tokens minted, by the audience that they are for',
      labelNames: ['audience'],
    }),
    tokensInQuery: keepCounter({
      name: 'countersign_tokens_in_query_total',
      help: 'Refused requests that showed a token in their query, where it is never read',
      labelNames: [],
    }),
    revocations: keepCounter({
      name: 'countersign_revocations_total',
      help: 'Revocations made here, by what they name',
      labelNames: ['by'],
    }),
    storeFailures: keepCounter({
      name: 'countersign_store_failures_total',
      help: 'Requests for which a store did not answer as it must, and what that meant for them',
      labelNames: ['store', 'effect'],
    }),
    signalFailures: keepCounter({
      name: 'countersign_signal_failures_total',
      help: 'Requests of which a signal gave no assessment, or none in time',
      labelNames: ['signal'],
    }),
    recordsLost: keepCounter({
      name: 'countersign_access_records_lost_total',
      help: 'Access records that their destination did not take',
      labelNames: [],
    }),
  };
}

/** Gates that share a registry may trust the same issuer: of its figures the worst is told. */
function setGreatest(
  gauge: PlainMetric,
  keySources: readonly ReadonlyMap<string, KeySource>[],
  read: (status: KeyStatus) => number | undefined,
): void {
  const greatest = new Map<string, number>();
  for (const [issuer, keys] of keySources.flatMap((sources) => [...sources])) {
    const figure = read(keys.status());
    if (figure !== undefined) greatest.set(issuer, Math.max(figure, greatest.get(issuer) ?? 0));
  }
  for (const [issuer, figure] of greatest) gauge.at(issuer).value = figure;
}
