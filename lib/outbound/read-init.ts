/** How the requests of one call are made: the same for each try. */
export interface RequestMaker {
  readonly body: unknown;
  /** The request as it will be sent. It follows no redirect. */
  make(input: string | URL | Request): Request;
}

/** Node ends a request by weak references: without this, a signal is heard only until the garbage is collected. */
const owners = new WeakMap<AbortSignal, Request>();

/** Reads each member of a plain object once: what it would say the next time counts for nothing. */
export function readInit(init: RequestInit | undefined): RequestMaker {
  if (!isPlain(init)) return makeTwice(init);
  const own: RequestInit = Object.create(null);
  for (const name of Object.getOwnPropertyNames(init ?? {}) as (keyof RequestInit)[]) {
    Object.assign(own, { [name]: init?.[name] });
  }
  own.redirect = 'manual';
  return { body: own.body, make: (input) => keepWithSignal(new Request(input, own)) };
}

/** Whatever else it is, only a request that was made of it can be told to follow no redirect. */
function makeTwice(init: RequestInit | undefined): RequestMaker {
  return {
    body: init?.body,
    make: (input) => keepWithSignal(new Request(keepWithSignal(new Request(input, init)), { redirect: 'manual' })),
  };
}

function isPlain(init: RequestInit | undefined): boolean {
  if (init === undefined || init === null) return true;
  if (typeof init !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(init);
  return prototype === Object.prototype || prototype === null;
}

function keepWithSignal(request: Request): Request {
  owners.set(request.signal, request);
  return request;
}
