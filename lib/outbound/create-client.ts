import { readPermissionNames } from '../identity/read-permission-names.js';
import { type Clock, isGiven, readFunction, readOptions, readText } from '../options.js';
import { readLifetime, type TokenMinter } from '../token/mint-token.js';
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
 * after a 401 `invalid_token` it drops the token and tries once more, where the body can be sent again.
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
  const tokens = reuseToken(
    () => minter.mint({ audience, lifetimeSeconds, ...(permissions && { permissions }) }),
    lifetimeSeconds,
    now,
  );

  async function sendWith(token: string, request: Request): Promise<Response> {
    request.headers.set('authorization', `Bearer ${token}`);
    return send(request);
  }

  return async function countersignedFetch(input, init) {
    const canRepeat = isRepeatable(input, init);
    const request = addressRequest(input, init, origins);
    const token = await tokens.take();
    const response = await sendWith(token, request);
    if (!isTokenRefused(response)) return response;
    tokens.drop(token);
    if (!canRepeat) return response;
    await response.body?.cancel();
    return sendWith(await tokens.take(), addressRequest(input, init, origins));
  };
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
  if (request.headers.has('authorization')) {
    throw new TypeError(
      'countersign: the request has an Authorization already, and this client brings its own; leave it out',
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

/** RFC 6750 section 3.1. */
function isTokenRefused({ status, headers }: Response): boolean {
  return status === 401 && /(^|[\s,])error="?invalid_token"?/.test(headers.get('www-authenticate') ?? '');
}
