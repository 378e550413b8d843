import type { Decision } from '../audit/access-record.js';
import type { Refusal } from '../http/tell-refusal.js';
import type { Principal } from '../identity/principal.js';

/** How a request ended. */
export interface Outcome {
  readonly statusCode: number;
  /** The connection ended before the response did. */
  readonly aborted?: boolean;
  /** Template of the route, where one matched. */
  readonly route?: string | undefined;
  /** Permissions that the route demands, where a refusal came before all of them were asked for. */
  readonly required?: readonly string[] | undefined;
}

/** One request on its way through the gate. */
export interface Attempt {
  /** The id that came with the request, or the one made for it; to be returned as `x-request-id`. */
  readonly requestId: string;
  readonly decision: Decision;
  /** The verified caller, once it may come in. */
  readonly principal: Principal | undefined;
  /** What to answer; only where the effect is `deny`. */
  readonly refusal: Refusal | undefined;
  /** Headers of a permitted response, unless its handler says otherwise: a fresh nonce for the caller's next proof. */
  readonly headers: Readonly<Record<string, string>>;
  /** Writes the one record of this request. Further calls do nothing. */
  finish(outcome: Outcome): void;
}

/** What leaves this room of an attempt: frozen, so that nobody who meets it can permit what was denied. */
export class AttemptView implements Attempt {
  readonly #attempt: Attempt;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    Object.freeze(this);
  }

  get requestId(): string {
    return this.#attempt.requestId;
  }

  get decision(): Decision {
    return this.#attempt.decision;
  }

  get principal(): Principal | undefined {
    return this.#attempt.principal;
  }

  get refusal(): Refusal | undefined {
    return this.#attempt.refusal;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#attempt.headers;
  }

  finish(outcome: Outcome): void {
    this.#attempt.finish(outcome);
  }
}

Object.freeze(AttemptView.prototype);
