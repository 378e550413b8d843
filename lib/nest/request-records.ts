import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { closeWithResponse, type Underway } from '../enforcement/close-with-response.js';
import { type AccessRequest, fromNodeRequest } from '../http/from-node-request.js';
import { readTarget } from '../http/read-target.js';
import { createStamps } from '../stamp-objects.js';
import { Countersign } from './countersign.service.js';
import { rememberResponse } from './remember-response.js';

/** A request of Express or Fastify, as far as it is read here. */
interface AnyRequest {
  readonly ip?: string;
  readonly originalUrl?: string;
  /** Express: the route that matched, with the global prefix and the version. */
  readonly route?: { readonly path?: unknown };
  /** Fastify: the same. */
  readonly routeOptions?: { readonly url?: string };
  readonly is404?: boolean;
}

/** A request, as far as it is known by now: the framework makes its own out of Node's after it was first seen. */
type GrowingRequest = AccessRequest & { ip?: string | undefined; carrier: AnyRequest };

class OpenRecord implements Underway {
  readonly request: GrowingRequest;
  judged: Promise<unknown> | undefined;
  isObserved = false;

  constructor(carrier: AnyRequest, request: IncomingMessage) {
    const target = readTarget({ originalUrl: carrier.originalUrl, url: request.url });
    this.request = { ...fromNodeRequest(request, { ip: carrier.ip, target }), carrier };
  }

  /** The framework has made its own request out of Node's meanwhile. */
  learn(carrier: AnyRequest): void {
    if (this.request.carrier === carrier) return;
    this.request.carrier = carrier;
    this.request.ip = carrier.ip ?? this.request.ip;
  }

  describeWay() {
    return { route: readTemplate(this.request.carrier) };
  }
}

/** The records of an application: one for each request, whatever Nest's own layers see of it. */
@Injectable()
export class RequestRecords {
  readonly #open = createStamps<OpenRecord>();

  constructor(@Inject(Countersign) private readonly countersign: Countersign) {}

  /** The request in the gate's words. */
  describe(carrier: object, request: IncomingMessage): AccessRequest {
    return this.#recordOf(carrier, request).request;
  }

  /** Lets the record wait for a judgement: who hangs up meanwhile is not forgotten. */
  await(request: IncomingMessage, judged: Promise<unknown>): void {
    const record = this.#open.get(request);
    if (record) record.judged = judged;
  }

  /** Opens the record of a request, to be closed with its response. Called again, it learns what the framework knows. */
  observe(carrier: object, request: IncomingMessage, response: ServerResponse): void {
    const record = this.#recordOf(carrier, request);
    record.learn(carrier);
    if (record.isObserved) return;
    record.isObserved = true;
    rememberResponse(request, response);
    closeWithResponse(this.countersign.gate.open(record.request), response, record);
  }

  #recordOf(carrier: object, request: IncomingMessage): OpenRecord {
    const known = this.#open.get(request);
    if (known) return known;
    const record = new OpenRecord(carrier, request);
    this.#open.set(request, record);
    return record;
  }
}

/** Nest's own answer to what no route matches stands on a route of everything, in Express: that is none. */
function readTemplate(carrier: AnyRequest): string | undefined {
  const { route, routeOptions, is404 } = carrier;
  const template = routeOptions ? routeOptions.url : route?.path;
  if (is404 || typeof template !== 'string') return undefined;
  return /^\/?\*\w*$/.test(template) ? undefined : template;
}
