import { ConfigurationError } from '../errors.js';
import { readRemoteUrl } from '../http/read-remote-url.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import { quoteText, readOneOf, readOptions } from '../options.js';
import { QuestionRefused } from './break-circuit.js';
import type { Decision, DecisionPoint, DecisionRequest } from './decision.js';
import { discoverEndpoints, type Endpoints } from './discover-endpoints.js';
import type { JsonAnswer } from './exchange-json.js';
import { gatherEvaluations } from './gather-evaluations.js';
import { openRemotePoint, REMOTE_OPTIONS, type RemotePoint, type RemotePointOptions } from './open-remote-point.js';
import { readEvaluation } from './read-evaluation.js';
import { type EvaluationsSemantic, readEvaluations, readSemantic } from './read-evaluations.js';

/** Where an AuthZEN decision point is, by one of two names, and how it is asked. */
export interface AuthzenDecisionPointOptions extends RemotePointOptions {
  /** Its base URL, below which `/access/v1/evaluation` is: https, or http on loopback. */
  readonly url?: string;
  /** Its identifier, whose metadata tells where it is asked (Authorization API 1.0, section 9). */
  readonly issuer?: string;
}

/** A decision point that also takes several questions at once. */
export interface AuthzenDecisionPoint extends DecisionPoint {
  /**
   * The decisions on several requests in one exchange (Authorization API 1.0, section 7), in their order: all of them by
   * `execute_all`, or up to the first denial or permit, which is then the last one. None comes out of the cache.
   *
   * @throws {AccessDenied} `decision_unavailable`; also where there are more or fewer decisions than the semantic allows
   * @throws {TypeError} without a request, or where two requests tell different things of one subject and one resource, which not
   *   every decision point tells apart
   */
  evaluateAll(requests: readonly DecisionRequest[], semantic?: EvaluationsSemantic): Promise<readonly Decision[]>;
}

const EXAMPLE = "{ url: 'https://pdp.internal' }";
/** What can stand in a header, and is no longer than an identifier needs to be. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * Asks a decision point that speaks AuthZEN (Authorization API 1.0): `decision` must be exactly `true` to permit. Its
 * `context.reason_admin` is the reason in records, and `context.obligations` must be met for a permit to count; those that
 * can't be read are a denial. Our `requestId` goes along as `X-Request-ID`, and an answer with another one is none.
 *
 * @throws {ConfigurationError} names the option
 * @throws {AccessDenied} `decision_unavailable`, when asked, where there is no answer in time that can be understood
 * @example
 * authzenDecisionPoint({ issuer: 'https://pdp.internal', headers: { authorization: `Bearer ${token}` } })
 */
export function authzenDecisionPoint(options: AuthzenDecisionPointOptions): AuthzenDecisionPoint {
  const option = 'authzenDecisionPoint';
  const given = readOptions(option, options, ['url', 'issuer', ...REMOTE_OPTIONS], EXAMPLE);
  const remote = openRemotePoint(option, given, 'authzen');
  const source = readOneOf(option, given, ['url', 'issuer'], EXAMPLE);
  const base = readBaseUrl(`${option}.${source}`, given[source], remote.allowHttp);
  const findEndpoints = source === 'url' ? async () => endpointsBelow(base) : discoverEndpoints(base, remote);
  return Object.freeze<AuthzenDecisionPoint>({
    name: remote.name,
    decide: (request) => remote.recall(request, () => evaluate(remote, findEndpoints, request)),
    evaluateAll: async (requests, semantic = 'execute_all') =>
      evaluateAll(remote, findEndpoints, requests, readSemantic(semantic)),
  });
}

type FindEndpoints = () => Promise<Endpoints>;

function evaluate(remote: RemotePoint, findEndpoints: FindEndpoints, request: DecisionRequest): Promise<Decision> {
  const { subject, action, resource, context } = request;
  return remote.ask({
    place: async () => (await findEndpoints()).evaluation,
    body: { subject, action, resource, context },
    headers: nameRequest(request),
    read(answer) {
      checkRequestId(answer, request);
      return freezeDeeply(readEvaluation(answer.value));
    },
  });
}

function evaluateAll(
  remote: RemotePoint,
  findEndpoints: FindEndpoints,
  requests: readonly DecisionRequest[],
  semantic: EvaluationsSemantic,
): Promise<readonly Decision[]> {
  const [first] = requests;
  if (!first) throw new TypeError('countersign: evaluateAll needs at least one request');
  return remote.ask({
    async place() {
      const { evaluations } = await findEndpoints();
      if (evaluations === undefined) throw new QuestionRefused('it does not take several questions at once');
      return evaluations;
    },
    body: { ...gatherEvaluations(requests), options: { evaluations_semantic: semantic } },
    headers: nameRequest(first),
    read(answer) {
      checkRequestId(answer, first);
      return freezeDeeply(readEvaluations(answer.value, requests.length, semantic));
    },
  });
}

function nameRequest({ context: { requestId } }: DecisionRequest): Readonly<Record<string, string>> {
  return typeof requestId === 'string' && REQUEST_ID.test(requestId) ? { 'x-request-id': requestId } : {};
}

/** Section 10.1.3: the answer names the request that it answers. Not every decision point does; none may name another. */
function checkRequestId({ headers }: JsonAnswer, request: DecisionRequest): void {
  const { 'x-request-id': sent } = nameRequest(request);
  const named = headers.get('x-request-id');
  if (named !== null && sent !== undefined && named !== sent) throw new Error('the answer is to another request');
}

function readBaseUrl(option: string, value: unknown, allowHttp: boolean): string {
  const text = readRemoteUrl(option, value, { allowHttp, example: "'https://pdp.internal'" });
  if (/[?#]/.test(text))
    throw new ConfigurationError(option, `must have no query and no fragment, found ${quoteText(text)}`);
  return text;
}

function endpointsBelow(base: string): Endpoints {
  const evaluation = `${base.replace(/\/$/, '')}/access/v1/evaluation`;
  return { evaluation, evaluations: `${evaluation}s` };
}
