import type { Attachment } from './attach-token.js';

/** Sends a request. `length` is how many bytes its body has, where that is known. */
export type Send = (request: Request, length?: number) => Promise<Response>;

/** A way to the callee: tokens, and what they are sent with. */
export interface Line {
  readonly attachment: Attachment;
  readonly send: Send;
}

/** A line that is kept until its last call has ended. */
export interface LentLine {
  use<Result>(call: (line: Line) => Promise<Result>): Promise<Result>;
  /** No call uses it from now on. */
  replace(): void;
}

/** Lends a line to calls; `retire` is called when it has been replaced and the last of them is back. */
export function lendLine(line: Line, retire: () => void): LentLine {
  let calls = 0;
  let isReplaced = false;
  return {
    async use(call) {
      calls++;
      try {
        return await call(line);
      } finally {
        calls--;
        if (isReplaced && calls === 0) retire();
      }
    },
    replace() {
      isReplaced = true;
      if (calls === 0) retire();
    },
  };
}
