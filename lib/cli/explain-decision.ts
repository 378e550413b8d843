import { AccessDenied } from '../errors.js';
import { createEvents } from '../events/create-events.js';
import { readJudging } from '../gate/read-judging.js';
import type { AccessRequest } from '../http/from-node-request.js';
import { parseSpiffeId } from '../identity/parse-spiffe-id.js';
import type { Requirement } from '../policy/read-requirement.js';
import type { Command, Result, Surroundings } from './command.js';
import { cutNetwork } from './cut-network.js';
import { describeReplay } from './describe-replay.js';
import { loadConfig, normalizeRoute, type ReplayConfig } from './load-config.js';
import { parseArguments } from './parse-arguments.js';
import { readJsonFile } from './read-json-file.js';
import { readReplayTime } from './read-replay-time.js';
import { readToken } from './read-token.js';
import { replayDecision } from './replay-decision.js';
import { splitToken, type UnverifiedToken } from './split-token.js';
import { UsageError } from './usage-error.js';

const OPTIONS = {
  config: { type: 'string' },
  route: { type: 'string' },
  request: { type: 'string' },
  jwks: { type: 'string' },
  at: { type: 'string' },
} as const;
const MOST_ROUTES = 20;
/** Shorter parts of a token are words that may stand anywhere. */
const SECRET_LENGTH = 16;
const EXIT_CODES = { permit: 0, deny: 1, unknown: 2 } as const;

/** `countersign explain`: what a service would decide about a token, station by station. */
export const explainDecision: Command = {
  usage: "countersign explain --config <file> --route 'GET /orders/:id' [options] [token | -]",
  summary: 'replays a decision offline, station by station, with the rule that decided',
  details: [
    "  --config <file>        ES module: export default { gate: GateOptions, routes: { 'GET /orders/:id': Requirement } }",
    '  --route <route>        one of its routes',
    '  --jwks <file>          a JWK set in place of keys that come over the network',
    '  --at <time>            when: an ISO time with its zone, or seconds since the epoch; now by default',
    '  --request <file.json>  the request as loaders and policies get it: { "url": "/orders/42", "params": { … } }',
    '',
    'Without a token, or with -, it is read from standard input, and stays out of the shell history.',
    'Nothing is logged or counted, no store is asked, and no connection opened. The configuration, its policies and loaders',
    'are your own code, and run. Revocations, proofs and the risk of a request are not replayed, which is told.',
    'Exit codes: 0, permitted; 1, denied; 2, it could not be told.',
  ],
  async run(args, surroundings) {
    const { values, positionals } = parseArguments(args, { options: OPTIONS, most: 1 });
    if (values.config === undefined) throw new UsageError('needs --config <file>');
    if (values.route === undefined) throw new UsageError("needs --route, as 'GET /orders/:id'");
    const now = values.at === undefined ? surroundings.now : readReplayTime(values.at);
    const jwks = values.jwks === undefined ? undefined : readJsonFile('--jwks', values.jwks);
    const carrier = values.request === undefined ? undefined : readJsonFile('--request', values.request);
    const config = await loadConfig(values.config);
    const { route, requirement } = findRoute(config, values.route);
    const text = await readToken(positionals[0], surroundings);
    return explain({ text, route, requirement, gate: config.gate, now, jwks, carrier }, surroundings);
  },
};

interface Question {
  readonly text: string;
  readonly route: string;
  readonly requirement: unknown;
  readonly gate: ReplayConfig['gate'];
  readonly now: number;
  readonly jwks: object | undefined;
  readonly carrier: Readonly<Record<string, unknown>> | undefined;
}

async function explain(question: Question, { style }: Pick<Surroundings, 'style'>): Promise<Result> {
  const { text, route, gate, now, jwks, carrier } = question;
  const token = splitIfPossible(text);
  const { options, places } = cutNetwork(gate, { now, jwks, unverifiedIssuers: listUnverifiedIssuers(token) });
  const judging = readJudging(options, createEvents());
  const requirement = judging.settle(question.requirement as Requirement);
  const request = composeRequest(text, route, carrier);
  const replay = await replayDecision({ request, requirement, judging, places, hasRequest: carrier !== undefined });
  const context = { replay, judging, requirement, places, token, tokenLength: text.length };
  const lines = describeReplay(route, context, style).map((line) => hideToken(line, text));
  return { exitCode: EXIT_CODES[replay.ending.outcome], lines };
}

/** Nothing of ours prints it. What a policy or loader throws may quote the request. */
function hideToken(line: string, token: string): string {
  const parts = token.split('.').filter((part) => part.length >= SECRET_LENGTH);
  return parts.reduce((shown, part) => shown.replaceAll(part, '…'), line);
}

function findRoute({ routes }: ReplayConfig, text: string): { readonly route: string; readonly requirement: unknown } {
  const route = normalizeRoute(text);
  if (routes.has(route)) return { route, requirement: routes.get(route) };
  const names = [...routes.keys()];
  const shown = names.slice(0, MOST_ROUTES).join(', ');
  throw new UsageError(
    `the configuration has no such route; it has ${shown || 'none'}${names.length > MOST_ROUTES ? ', …' : ''}`,
  );
}

function splitIfPossible(text: string): UnverifiedToken | undefined {
  try {
    return splitToken(text);
  } catch (error) {
    if (error instanceof AccessDenied) return undefined;
    throw error;
  }
}

/** The names under which a token could be known, the first one that is trusted counts: `iss`, then its trust domain. */
function listUnverifiedIssuers(token: UnverifiedToken | undefined): readonly string[] {
  const { iss, sub } = token?.unverifiedClaims ?? {};
  const names = typeof iss === 'string' ? [iss] : [];
  try {
    return [...names, `spiffe://${parseSpiffeId(String(sub)).trustDomain}`];
  } catch {
    return names;
  }
}

function composeRequest(token: string, route: string, carrier: Readonly<Record<string, unknown>> = {}): AccessRequest {
  const [method = '', template = ''] = route.split(' ');
  const { url, ip } = carrier;
  return {
    source: carrier,
    method,
    target: typeof url === 'string' ? url : template,
    ip: typeof ip === 'string' ? ip : undefined,
    header: (name) => (name === 'authorization' ? [`Bearer ${token}`] : []),
  };
}
