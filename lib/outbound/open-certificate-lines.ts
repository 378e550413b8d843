import type { Attachment } from './attach-token.js';
import type { FollowedKeyPair } from './follow-key-pair.js';
import { type LentLine, type Line, lendLine } from './lend-line.js';
import { openPool, type Pool } from './open-pool.js';
import type { CheckCallee } from './read-callee.js';
import type { KeyPair } from './read-key-pair.js';

/** The ways to a callee, one after the other: each has its certificate, the tokens bound to it, and its connections. */
export interface CertificateLines {
  /**
   * Makes a call on the line of the certificate in use.
   *
   * @throws {TypeError} where that has expired, and after the end
   */
  use<Result>(call: (line: Line) => Promise<Result>): Promise<Result>;
  /** Ends all connections: at once where nothing runs, after five seconds at the latest. */
  close(): Promise<void>;
}

/** Opens a line for each certificate; `attach` makes what attaches its tokens. Nothing is shared between two of them. */
export function openCertificateLines(
  followed: FollowedKeyPair,
  { attach, checkCallee }: { readonly attach: (pair: KeyPair) => Attachment; readonly checkCallee: CheckCallee },
): CertificateLines {
  const pools = new Set<Pool>();
  let inUse: { readonly pair: KeyPair; readonly line: LentLine } | undefined;
  let isClosed = false;

  function openLine(pair: KeyPair): LentLine {
    const pool = openPool(pair.context, checkCallee);
    pools.add(pool);
    return lendLine({ attachment: attach(pair), send: pool.send }, () => {
      void pool.retire().then(() => pools.delete(pool));
    });
  }

  return {
    async use(call) {
      if (isClosed) throw new TypeError('countersign: the gate is closed, and nothing is sent any more');
      const pair = followed.take();
      if (inUse?.pair !== pair) {
        inUse?.line.replace();
        inUse = { pair, line: openLine(pair) };
      }
      return inUse.line.use(call);
    },
    async close() {
      isClosed = true;
      await Promise.all([...pools].map((pool) => pool.close()));
    },
  };
}
