import type { Gate } from '../gate/create-gate.js';
import type { ClientOptions, Fetch } from '../outbound/create-client.js';
import type { MintOptions } from '../token/mint-token.js';

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

  /** A `fetch` for one service that attaches a fresh token. @throws {ConfigurationError} */
  client(options: ClientOptions): Fetch {
    return this.gate.client(options);
  }
}
