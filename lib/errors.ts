/**
 * Every reason for which access is denied: one closed, stable list, shared by the access record, the metrics, and
 * whatever reads them. A code is never removed or given another meaning within a major version.
 */
export const REASON_CODES = Object.freeze([
  'token_missing',
  'credential_malformed',
  'credential_ambiguous',
  'token_malformed',
  'token_too_large',
  'token_extension_refused',
  'token_type_refused',
  'algorithm_refused',
  'issuer_untrusted',
  'key_unknown',
  'signature_invalid',
  'audience_mismatch',
  'claim_missing',
  'claim_invalid',
  'token_expired',
  'token_not_yet_valid',
  'token_lifetime_too_long',
  'token_revoked',
  'token_replayed',
  'caller_kind_refused',
  'binding_missing',
  'binding_mismatch',
  'proof_invalid',
  'proof_nonce_required',
  'authentication_too_weak',
  'authentication_too_old',
  'permission_missing',
  'policy_denied',
  'context_refused',
  'risk_too_high',
  'resource_missing',
  'route_undeclared',
  'rate_limited',
  'keys_unavailable',
  'decision_unavailable',
  'store_unavailable',
  'internal_error',
] as const);

/** One of {@link REASON_CODES}. */
export type ReasonCode = (typeof REASON_CODES)[number];

/**
 * A station's refusal. `reason` is for machines and goes to the access record; `message` is for the operator and holds
 * nothing of the token. Neither is told to the caller.
 */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
  readonly reason: ReasonCode;
  /** When it may be worth trying again, in whole seconds; only where something of ours is out of reach. */
  readonly retryAfterSeconds?: number;

  constructor(reason: ReasonCode, message: string, options?: ErrorOptions & { readonly retryAfterSeconds?: number }) {
    super(message, options);
    this.reason = reason;
    if (options?.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/**
 * The configuration can't be used as it is. Thrown while the application starts, never while a request is served.
 * `option` names what to change; the message says what was found and what to write.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly option: string;

  constructor(option: string, problem: string, options?: ErrorOptions) {
    super(`countersign: ${option} ${problem}`, options);
    this.option = option;
  }
}
