import type { Prover } from './prove-possession.js';
import type { ReusedToken } from './reuse-token.js';

/** What a refusal asks to be done differently: another token, or a proof with the nonce that came along. */
export type Remedy = 'token' | 'nonce';

/** Shows a token on requests, and learns from responses. */
export interface Attachment {
  attach(request: Request): Promise<void>;
  /** Why another try would be worth it; undefined where it wouldn't. */
  learn(request: Request, response: Response): Remedy | undefined;
}

/** A token that is good for whoever holds it (RFC 6750). */
export function attachBearer(tokens: ReusedToken): Attachment {
  return {
    async attach(request) {
      request.headers.set('authorization', `Bearer ${await tokens.take()}`);
    },
    learn: (request, response) => dropRefused(tokens, request, response),
  };
}

/**
 * A token that is bound to a key, and with each request the proof that we hold it (RFC 9449 section 7.1). `nonces` are those
 * that callees gave us, by origin: only those of the client come here.
 */
export function attachProof(tokens: ReusedToken, prover: Prover, nonces = new Map<string, string>()): Attachment {
  const originOf = ({ url }: Request) => new URL(url).origin;
  return {
    async attach(request) {
      const token = await tokens.take();
      request.headers.set('authorization', `DPoP ${token}`);
      request.headers.set('dpop', await prover.prove(request, token, nonces.get(originOf(request))));
    },
    learn(request, response) {
      const nonce = response.headers.get('dpop-nonce');
      if (nonce !== null) nonces.set(originOf(request), nonce); // section 8.2: the newest counts, on any response
      if (nonce !== null && hasError(response, 'use_dpop_nonce')) return 'nonce';
      return dropRefused(tokens, request, response);
    },
  };
}

function dropRefused(tokens: ReusedToken, request: Request, response: Response): Remedy | undefined {
  if (!hasError(response, 'invalid_token')) return undefined;
  tokens.drop(request.headers.get('authorization')?.replace(/^\w+ /, '') ?? '');
  return 'token';
}

/** RFC 6750 section 3.1, RFC 9449 section 7.1. */
function hasError({ status, headers }: Response, error: string): boolean {
  return status === 401 && new RegExp(`(^|[\\s,])error="?${error}"?`).test(headers.get('www-authenticate') ?? '');
}
