import { ConfigurationError } from '../errors.js';
import { readRemoteUrl } from '../http/read-remote-url.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import { describeFound, isGiven, quoteText, readFunction, readOptions } from '../options.js';
import type { Decision, DecisionPoint } from './decision.js';
import type { Verdict } from './define-policy.js';
import { openRemotePoint, REMOTE_OPTIONS, type RemotePointOptions } from './open-remote-point.js';
import { isObject, readObligations, readShortText } from './read-decision.js';

/** Which rule of an Open Policy Agent decides, and how it is asked. */
export interface OpaDecisionPointOptions extends RemotePointOptions {
  /** The rule in OPA's data API: https, or http on loopback, as `https://opa.internal/v1/data/payments/allow`. */
  readonly url: string;
  /**
   * What the rule's result means, where it is something else than `true` or `{ allow: true }`. Anything but `true` and a
   * decision that permits is a denial. It is not called for a rule that is undefined, which denies.
   */
  readonly mapResult?: (result: unknown) => Verdict;
}

const EXAMPLE = "'https://opa.internal/v1/data/payments/allow'";
/** What an object beside `allow` may tell, all of it text. */
const FACTS = ['reason', 'policyId', 'policyVersion'] as const;

/**
 * Asks an Open Policy Agent: `POST /v1/data/…` with `{ input: request }`. The rule must be exactly `true`, or an object whose
 * `allow` is exactly `true`, which may hold `reason`, `obligations`, `policyId` and `policyVersion` too. All else denies: a
 * rule that is undefined, the text "true", an object whose members have other types. Records name OPA's `decision_id`, and
 * the revision of its bundles where no `policyVersion` is given.
 *
 * @throws {ConfigurationError} names the option
 * @throws {AccessDenied} `decision_unavailable`, when asked, where OPA can't be reached in time or its answer is none
 * @example
 * opaDecisionPoint({ url: 'https://opa.internal/v1/data/payments/allow', cache: { maxAgeSeconds: 5 } })
 */
export function opaDecisionPoint(options: OpaDecisionPointOptions): DecisionPoint {
  const given = readOptions(
    'opaDecisionPoint',
    options,
    ['url', 'mapResult', ...REMOTE_OPTIONS],
    `{ url: ${EXAMPLE} }`,
  );
  const remote = openRemotePoint('opaDecisionPoint', given, 'opa');
  const place = readRuleUrl('opaDecisionPoint.url', given.url, remote.allowHttp);
  const mapResult = isGiven(given, 'mapResult')
    ? readFunction<(result: unknown) => unknown>('opaDecisionPoint.mapResult', given.mapResult)
    : mapAllow;
  return Object.freeze<DecisionPoint>({
    name: remote.name,
    decide: (request) =>
      remote.recall(request, async () => {
        const answer = await remote.ask({ place, body: { input: request }, read: ({ value }) => value });
        return freezeDeeply({ ...readFacts(answer), ...judge(answer, mapResult) });
      }),
  });
}

function readRuleUrl(option: string, value: unknown, allowHttp: boolean): string {
  const text = readRemoteUrl(option, value, { allowHttp, example: EXAMPLE });
  const url = new URL(text);
  if (!/\/v1\/data\/./.test(url.pathname) || url.hash !== '') {
    throw new ConfigurationError(
      option,
      `must name a rule under /v1/data/, found ${quoteText(url.origin + url.pathname)}; write for example ${EXAMPLE}`,
    );
  }
  url.searchParams.set('provenance', 'true');
  return url.href;
}

function judge(answer: Readonly<Record<string, unknown>>, mapResult: (result: unknown) => unknown): Decision {
  if (!Object.hasOwn(answer, 'result')) return { effect: 'deny', reason: 'the rule is undefined' };
  const verdict = mapResult(answer['result']);
  if (typeof verdict === 'boolean') return { effect: verdict ? 'permit' : 'deny' };
  const { effect } = (verdict ?? {}) as { effect?: unknown };
  if (effect === 'permit' || effect === 'deny') return verdict as Decision;
  return { effect: 'deny', reason: `mapResult gave ${describeFound(verdict)}, which is no decision` };
}

/** Only what is written here permits: an object with members of other names or types never does. */
function mapAllow(result: unknown): Verdict {
  if (typeof result === 'boolean') return result;
  if (!isObject(result)) return { effect: 'deny', reason: `the rule gave ${describeFound(result)}` };
  const mistyped = FACTS.find((name) => result[name] !== undefined && typeof result[name] !== 'string');
  if (mistyped !== undefined) return { effect: 'deny', reason: `the ${mistyped} in the result is not text` };
  const obligations = result['obligations'] === undefined ? [] : readObligations(result['obligations']);
  if (!obligations) return { effect: 'deny', reason: "the obligations in the result can't be read" };
  const facts = FACTS.map((name) => [name, readShortText(result[name])]).filter(([, text]) => text !== undefined);
  return {
    ...Object.fromEntries(facts),
    effect: result['allow'] === true ? 'permit' : 'deny',
    ...(obligations.length > 0 && { obligations }),
  };
}

/** What OPA says of its answer, whatever the answer is. */
function readFacts(answer: Readonly<Record<string, unknown>>): Omit<Decision, 'effect'> {
  const decisionId = readShortText(answer['decision_id']);
  const policyVersion = readRevision(answer['provenance']);
  return {
    ...(decisionId !== undefined && { decisionId }),
    ...(policyVersion !== undefined && { policyVersion }),
  };
}

/** The revision of each bundle, in the order of their names. */
function readRevision(provenance: unknown): string | undefined {
  const bundles = isObject(provenance) && isObject(provenance['bundles']) ? provenance['bundles'] : {};
  const named = Object.entries(bundles).sort(([one], [other]) => (one < other ? -1 : 1));
  const revisions = named.map(([, bundle]) => (isObject(bundle) ? bundle['revision'] : undefined));
  return readShortText(revisions.filter((revision) => typeof revision === 'string').join(','));
}
