/** Node ends a request by weak references: without this, a signal is heard only until the garbage is collected. */
const owners = new WeakMap<AbortSignal, Request>();

/** The request as it will be sent, judged as it will be sent: what `input` was may change, what this is can't. */
export function addressRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
  origins: ReadonlySet<string>,
): Request {
  const first = keepWithSignal(new Request(input, init));
  const request = keepWithSignal(new Request(first, { redirect: 'manual' }));
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

function keepWithSignal(request: Request): Request {
  owners.set(request.signal, request);
  return request;
}
