import type { Readable } from 'node:stream';
import type { Style } from './choose-style.js';

/** What a command has to work with. */
export interface Surroundings {
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Says something at once, beside the result. */
  readonly tell: (message: string) => void;
  readonly style: Style;
  /** The present time in seconds since the epoch. */
  readonly now: number;
}

/** What a command found: 0, all is well; 1, something is not; 2, it could not be told. */
export interface Result {
  readonly exitCode: 0 | 1 | 2;
  readonly lines: readonly string[];
}

/** One of the things that `countersign` does. */
export interface Command {
  /** How it is called. */
  readonly usage: string;
  /** What it does, in one sentence. */
  readonly summary: string;
  /** What else there is to know, a line each. */
  readonly details: readonly string[];
  /** @throws {UsageError} */
  run(args: readonly string[], surroundings: Surroundings): Result | Promise<Result>;
}
