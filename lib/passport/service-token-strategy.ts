import type { ServerResponse } from 'node:http';
import type { Attempt } from '../enforcement/attempt-view.js';
import { closeWithResponse } from '../enforcement/close-with-response.js';
import { lockPrincipal } from '../enforcement/lock-principal.js';
import { ConfigurationError } from '../errors.js';
import type { Gate } from '../gate/create-gate.js';
import { type AccessRequest, fromNodeRequest } from '../http/from-node-request.js';
import type { Refusal } from '../http/tell-refusal.js';
import { writeHeaders } from '../http/write-headers.js';
import { writeRefusal } from '../http/write-refusal.js';
import type { Principal } from '../identity/principal.js';
import type { ExpressRequest } from '../ledger/express-router.js';
import { findRouteTemplate } from '../ledger/find-express-template.js';
import { describeFound, isGiven, readFunction, readOptionalSwitch, readOptions } from '../options.js';
import { settleRequirement } from '../policy/read-requirement.js';
import { AuthenticationRefused } from './authentication-refused.js';

/** A request as passport hands it to a strategy. */
export interface PassportRequest extends ExpressRequest {
  readonly res?: ServerResponse | undefined;
}

/** Options of {@link ServiceTokenStrategy}. */
export interface ServiceTokenStrategyOptions {
  /** Where the token is, as the functions of passport-jwt's `ExtractJwt` say; the `Authorization` field by default. */
  readonly jwtFromRequest?: (request: never) => string | null | undefined;
  /** Hands a refused credential over to the next strategy, in place of answering it. */
  readonly chain?: boolean;
}

/** What passport adds to a strategy for each request. */
interface PassportActions {
  success(user: Principal): void;
  fail(challenge: string, status: number): void;
  error(error: Error): void;
}

const AUTHENTICATED = settleRequirement({});

/**
 * Authentication by the gate, for applications that have passport. `req.user` and `req.principal` are the verified caller;
 * no session is ever touched. A refused credential is answered here, since passport's own `fail` tells no 400, 403 or 503.
 *
 * @example passport.use(new ServiceTokenStrategy(gate)); app.get('/me', passport.authenticate('countersign'), handler)
 */
export class ServiceTokenStrategy {
  readonly name = 'countersign';
  /** Called by passport, on an object that inherits this one and has passport's actions. */
  readonly authenticate: (this: unknown, req: PassportRequest, options?: { session?: boolean }) => void;

  /** @throws {ConfigurationError} for a gate that is none, and for options of a wrong type */
  constructor(gate: Gate, options: ServiceTokenStrategyOptions = {}) {
    if (typeof (gate as Partial<Gate> | undefined)?.enforce !== 'function') {
      throw new ConfigurationError('gate', `must be a gate, found ${describeFound(gate)}; write createGate({ … })`);
    }
    const given = readOptions('strategy', options, ['jwtFromRequest', 'chain']);
    const chains = readOptionalSwitch('strategy.chain', given, 'chain');
    const extract = isGiven(given, 'jwtFromRequest')
      ? readFunction<Extract>('strategy.jwtFromRequest', given.jwtFromRequest)
      : undefined;

    this.authenticate = function authenticate(req, authenticateOptions = {}) {
      const actions = this as PassportActions;
      authenticateOptions.session = false; // who shows a token on every request needs no session, and no fixation of one
      judge(req, gate, extract).then(
        (attempt) => settle(req, attempt, { actions, chains }),
        (error: Error) => actions.error(error),
      );
    };
  }
}

type Extract = (request: PassportRequest) => unknown;

async function judge(req: PassportRequest, gate: Gate, extract: Extract | undefined): Promise<Attempt> {
  const attempt = await gate.enforce(describe(req, extract), AUTHENTICATED, (caller) => lockPrincipal(req, caller));
  const { res } = req;
  if (res) closeWithResponse(attempt, res, { describeWay: () => ({ route: readTemplate(req) }) });
  return attempt;
}

function readTemplate({ route, app }: PassportRequest): string | undefined {
  return route && findRouteTemplate(app, route, '');
}

function settle(
  { res }: PassportRequest,
  { principal, refusal, headers }: Attempt,
  { actions, chains }: { readonly actions: PassportActions; readonly chains: boolean },
): void {
  if (principal && res) writeHeaders(res, headers);
  if (principal) actions.success(principal);
  else if (!refusal) actions.error(new Error('the gate neither permitted nor refused'));
  else if (chains) handOn(res, refusal, actions);
  else if (res) writeRefusal(res, refusal);
  else actions.error(new AuthenticationRefused(refusal));
}

/** Passport tells challenges alone: the nonce that one of them asks for is told here. */
function handOn(res: ServerResponse | undefined, { status, headers }: Refusal, actions: PassportActions): void {
  const { 'content-type': _type, 'www-authenticate': challenges = 'Bearer', ...others } = headers;
  if (res && headers['dpop-nonce'] !== undefined) writeHeaders(res, others);
  actions.fail([challenges].flat().join(', '), status);
}

/** A token from elsewhere is judged as if it stood in the `Authorization` field. */
function describe(req: PassportRequest, extract: Extract | undefined): AccessRequest {
  const request = fromNodeRequest(req, { ip: req.ip, target: req.originalUrl ?? req.url ?? '' });
  if (!extract) return request;
  const token = extract(req);
  const shown = typeof token === 'string' ? [`Bearer ${token}`] : [];
  return { ...request, header: (name) => (name === 'authorization' ? shown : request.header(name)) };
}
