import type { ReasonCode } from '../errors.js';

/** How one reason is told: to the caller in RFC words, to the operator by its weight. */
export interface RefusalRow {
  readonly status: 400 | 401 | 403 | 404 | 429 | 500 | 503;
  /** `error` of the challenge: RFC 6750 section 3.1, RFC 9449 section 7.1, RFC 9470 section 3. */
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
    | 'insufficient_user_authentication';
  /** `notice`: every day's business; `warning`: somebody tries, or is misconfigured; `error`: ours to repair. */
  readonly severity: 'notice' | 'warning' | 'error';
}

const malformed = Object.freeze({ status: 400, error: 'invalid_request', severity: 'warning' } as const);
const badToken = Object.freeze({ status: 401, error: 'invalid_token', severity: 'warning' } as const);
const staleToken = Object.freeze({ status: 401, error: 'invalid_token', severity: 'notice' } as const);
const badProof = Object.freeze({ status: 401, error: 'invalid_dpop_proof', severity: 'warning' } as const);
const tooWeak = Object.freeze({ status: 401, error: 'insufficient_user_authentication', severity: 'notice' } as const);
const forbidden = Object.freeze({ status: 403, severity: 'warning' } as const);
const unavailable = Object.freeze({ status: 503, severity: 'error' } as const);

/** Every reason, and how it is told. A new code doesn't compile until it has its row. */
export const refusals: Readonly<Record<ReasonCode, RefusalRow>> = Object.freeze({
  token_missing: Object.freeze({ status: 401, severity: 'notice' } as const), // RFC 6750 section 3.1: no error where there was no credential
  credential_malformed: malformed,
  credential_ambiguous: malformed,
  token_malformed: badToken,
  token_too_large: badToken,
  token_extension_refused: badToken,
  token_type_refused: badToken,
  algorithm_refused: badToken,
  issuer_untrusted: badToken,
  key_unknown: badToken,
  signature_invalid: badToken,
  audience_mismatch: badToken,
  claim_missing: badToken,
  claim_invalid: badToken,
  token_expired: staleToken,
  token_not_yet_valid: badToken,
  token_lifetime_too_long: badToken,
  token_revoked: badToken,
  token_replayed: badProof,
  caller_kind_refused: forbidden,
  binding_missing: badToken,
  binding_mismatch: badToken,
  proof_invalid: badProof,
  proof_nonce_required: Object.freeze({ status: 401, error: 'use_dpop_nonce', severity: 'notice' } as const),
  authentication_too_weak: tooWeak,
  authentication_too_old: tooWeak,
  permission_missing: Object.freeze({ status: 403, error: 'insufficient_scope', severity: 'warning' } as const),
  policy_denied: forbidden,
  context_refused: forbidden,
  risk_too_high: forbidden,
  resource_missing: Object.freeze({ status: 404, severity: 'notice' } as const),
  route_undeclared: Object.freeze({ status: 403, severity: 'error' } as const),
  rate_limited: Object.freeze({ status: 429, severity: 'warning' } as const),
  keys_unavailable: unavailable,
  decision_unavailable: unavailable,
  store_unavailable: unavailable,
  internal_error: Object.freeze({ status: 500, severity: 'error' } as const),
});
