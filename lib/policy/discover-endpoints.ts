import { boundTime } from '../events/bound-time.js';
import { readLearnedUrl } from '../http/read-remote-url.js';
import type { Clock } from '../options.js';
import { exchangeJson } from './exchange-json.js';

/** Where a decision point is asked. */
export interface Endpoints {
  readonly evaluation: string;
  /** Where several questions are asked at once; undefined where it does not take them. */
  readonly evaluations?: string;
}

/** What asking for metadata needs. */
export interface DiscoveryContext {
  readonly allowHttp: boolean;
  readonly timeoutMilliseconds: number;
  readonly now: Clock;
}

const REFRESH_SECONDS = 3600;
/** Metadata that could not be refreshed is asked for again after this; what is known serves meanwhile. */
const RETRY_SECONDS = 30;

/**
 * Endpoints out of the metadata of an AuthZEN decision point (section 9): fetched by one request at a time when first
 * needed, then hourly beside the questions, which go where they went until there is an answer.
 */
export function discoverEndpoints(
  identifier: string,
  { allowHttp, timeoutMilliseconds, now }: DiscoveryContext,
): () => Promise<Endpoints> {
  const url = metadataUrl(identifier);
  let known: Endpoints | undefined;
  let inFlight: Promise<Endpoints> | undefined;
  let askedAt = 0;
  let waitSeconds = 0;

  async function fetchOnce(): Promise<Endpoints> {
    askedAt = now();
    waitSeconds = RETRY_SECONDS;
    const { value } = await boundTime(timeoutMilliseconds, (signal) => exchangeJson(url, {}, signal));
    known = readEndpoints(value, identifier, allowHttp);
    waitSeconds = REFRESH_SECONDS;
    return known;
  }

  function refresh(): Promise<Endpoints> {
    inFlight ??= fetchOnce().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  }

  return async function findEndpoints() {
    if (!known) return refresh();
    // A clock that was set back makes metadata old, not young.
    if (Math.abs(now() - askedAt) >= waitSeconds) refresh().catch(() => {});
    return known;
  };
}

/** Section 9.2.1: the well-known part stands between host and path. */
function metadataUrl(identifier: string): string {
  const { origin, pathname } = new URL(identifier);
  return `${origin}/.well-known/authzen-configuration${pathname.replace(/\/$/, '')}`;
}

function readEndpoints(metadata: Record<string, unknown>, identifier: string, allowHttp: boolean): Endpoints {
  // Section 9.2.3: identical, so that no decision point can pass for another; no slash or case is forgiven.
  if (metadata['policy_decision_point'] !== identifier) throw new Error('the metadata is of another decision point');
  const read = (member: string) => readLearnedUrl(member, metadata[member], { writtenUrl: identifier, allowHttp });
  const evaluations = 'access_evaluations_endpoint';
  return {
    evaluation: read('access_evaluation_endpoint'),
    ...(metadata[evaluations] !== undefined && { evaluations: read(evaluations) }),
  };
}
