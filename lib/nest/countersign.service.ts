import type { Gate } from '../gate/create-gate.js';
import { fromNodeRequest } from '../http/from-node-request.js';
import type { ClientOptions, Fetch } from '../outbound/create-client.js';
import type { MintOptions } from '../token/mint-token.js';
import { refuseAccess } from './refuse-access.js';
import { findResponse } from './remember-response.js';

/**
 * The gate of this application, for injection.
 *
 * @example constructor(private readonly countersign: Countersign) {}
 */
export class Countersign {
  /** The gate itself. */
  readonly gate: Gate;

  constructor(gate: Gate) {
    this.gate = gate;
  }

  /** A token for one call. @throws {ConfigurationError} without `signing`, or without an audience */
  mint(options: MintOptions): Promise<string> {
    return this.gate.mint(options);
  }

  /**
   * Hands on the step-up that a callee asks for (RFC 9470): denies the request that a handler serves, in our own words.
   * Where the callee asks for none, it does nothing.
   *
   * @throws {AccessRefused} what Nest answers with
   * @example
   * const answer = await this.payments('https://payments.internal/');
   * this.countersign.relayStepUp(req, answer);
   */
  relayStepUp(req: object, response: Pick<Response, 'status' | 'headers'>): void {
    const { request, response: own } = findResponse(req);
    const refusal = this.gate.relayStepUp(fromNodeRequest(request), response)?.refusal;
    if (refusal) throw refuseAccess(refusal, own);
  }

  /** A `fetch` for one service that attaches a fresh token. @throws {ConfigurationError} */
  client(options: ClientOptions): Fetch {
    return this.gate.client(options);
  }
}
