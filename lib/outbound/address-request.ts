/** Refuses what may not get a token. The request is judged as it will be sent: what it was made of may change, what it is can't. */
export function addressRequest(request: Request, origins: ReadonlySet<string>): Request {
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
