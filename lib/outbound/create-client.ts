import { ConfigurationError } from '../errors.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { type Clock, describeFound, isGiven, quoteText, readFunction, readOptions, readText } from '../options.js';
import { readLifetime, type TokenMinter } from '../token/mint-token.js';
import { attachBearer, attachProof, type Remedy } from './attach-token.js';
import { createProver, type Prover } from './prove-possession.js';
import { readOrigins } from './read-origins.js';
import { reuseToken } from './reuse-token.js';

/** Options of a client. */
export interface ClientOptions {
  /** The service that is called: what its tokens name in `aud`. */
  readonly audience: string;
  /** The only origins that ever get a token: https, or http on loopback. */
  readonly origins: readonly string[];
  /** Narrows the tokens (`scope`); left out: all that the callee grants. */
  readonly permissions?: readonly string[];
  /** Life of the tokens in seconds: the gate's by default, 900 at most. */
  readonly lifetimeSeconds?: number;
  /**
   * `dpop`: tokens are bound to a key of this process, and each request carries a proof that we hold it (RFC 9449), so that
   * a stolen token is worthless. Left out: a bearer token.
   */
  readonly proof?: 'dpop';
  /** What sends the requests; the global `fetch` by default. */
  readonly fetch?: Fetch;
  /** Lets tokens travel over plain http, inside a mesh that encrypts. */
  readonly dangerouslyAllowHttp?: boolean;
}

/** A `fetch` that shows a token. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

interface ClientContext {
  readonly minter: TokenMinter;
  readonly lifetimeSeconds: number;
  readonly now: Clock;
}

/**
 * A `fetch` for one service. It attaches a fresh token, to the origins named and to no other; it follows no redirect;
 * after a 401 `invalid_token` it drops the token and tries once more, and likewise with the nonce that a 401
 * `use_dpop_nonce` brings, where the body can be sent again.
 *
 * The client's promise is rejected with a `TypeError`, as by `fetch`, for another origin and for a request that
 * carries an `Authorization` of its own.
 *
 * @throws {ConfigurationError} for options that are missing, of a wrong type, or unknown
 */
export function createClient(options: ClientOptions, { minter, now, ...context }: ClientContext): Fetch {
  const given = readOptions('client', options, [
    'audience',
    'origins',
    'permissions',
    'lifetimeSeconds',
    'proof',
    'fetch',
    'dangerouslyAllowHttp',
  ]);
  const audience = readText('client.audience', given.audience, "'api://orders'");
  const origins = readOrigins(given);
  const send = isGiven(given, 'fetch')
    ? readFunction<Fetch>('client.fetch', given.fetch)
    : (request: Request) => fetch(request);
  const lifetimeSeconds = readLifetime('client.lifetimeSeconds', given, context.lifetimeSeconds);
  const permissions = isGiven(given, 'permissions')
    ? [...readPermissionNames('client.permissions', given.permissions)]
    : undefined;
  const prover = isGiven(given, 'proof') ? readProver(given.proof, now) : undefined;
  const tokens = reuseToken(
    () =>
      minter.mint({
        audience,
        lifetimeSeconds,
        ...(permissions && { permissions }),
        ...(prover && { confirmation: { jkt: prover.thumbprint } }),
      }),
    lifetimeSeconds,
    now,
  );
  const attachment = prover ? attachProof(tokens, prover) : attachBearer(tokens);

  return async function countersignedFetch(input, init) {
    const canRepeat = isRepeatable(input, init);
    const tried = new Set<Remedy>();
    for (;;) {
      const request = addressRequest(input, init, origins);
      await attachment.attach(request);
      const response = await send(request);
      const remedy = attachment.learn(request, response);
      if (remedy === undefined || !canRepeat || tried.has(remedy)) return response;
      tried.add(remedy); // each remedy is tried once
      await response.body?.cancel();
    }
  };
}

function readProver(value: unknown, now: Clock): Prover {
  if (value === 'dpop') return createProver(now);
  const found = typeof value === 'string' ? quoteText(value) : describeFound(value);
  throw new ConfigurationError('client.proof', `must be 'dpop', found ${found}`);
}

/** The request as it will be sent, judged as it will be sent: what `input` was may change, what this is can't. */
function addressRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  origins: ReadonlySet<string>,
): Request {
  const request = new Request(new Request(input, init), { redirect: 'manual' });
  const { origin, protocol } = new URL(request.url);
  if (!origins.has(origin) || !/^https?:$/.test(protocol)) {
    throw new TypeError(
      `countersign: ${origin} is none of this client's origins (${[...origins].join(', ')}): no token is sent there`,
    );
  }
  if (request.headers.has('authorization') || request.headers.has('dpop')) {
    throw new TypeError(
      'countersign: the request has an Authorization already, or a proof, and this client brings its own; leave it out',
    );
  }
  return request;
}

/** Whether the same input makes the same request again: a stream, or a request that owns its body, is read once. */
function isRepeatable(input: string | URL | Request, init: RequestInit | undefined): boolean {
  const body: unknown = init?.body;
  if (body === undefined || body === null) return !isObject(input) || !('body' in input) || input.body === null;
  return !isObject(body) || !(Symbol.asyncIterator in body);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
