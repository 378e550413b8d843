import type { ReasonCode } from '../errors.js';

/** What a request passes, in its order. */
export const STATIONS = [
  'credential',
  'form',
  'extensions',
  'issuer',
  'algorithm',
  'type',
  'key',
  'signature',
  'claims',
  'times',
  'lifetime',
  'audience',
  'binding',
  'revocation',
  'proof',
  'kind',
  'context',
  'permissions',
  'resource',
  'policy',
] as const;

/** One of {@link STATIONS}. */
export type Station = (typeof STATIONS)[number];

/** Where each reason denies. A new code doesn't compile until it has its row; null: it can be anywhere. */
export const stationOf: Readonly<Record<ReasonCode, Station | null>> = {
  token_missing: 'credential',
  credential_malformed: 'credential',
  credential_ambiguous: 'credential',
  token_malformed: 'form',
  token_too_large: 'form',
  token_extension_refused: 'extensions',
  token_type_refused: 'type',
  algorithm_refused: 'algorithm',
  issuer_untrusted: 'issuer',
  key_unknown: 'key',
  signature_invalid: 'signature',
  audience_mismatch: 'audience',
  claim_missing: 'claims',
  claim_invalid: 'claims',
  token_expired: 'times',
  token_not_yet_valid: 'times',
  token_lifetime_too_long: 'lifetime',
  token_revoked: 'revocation',
  token_replayed: 'binding',
  caller_kind_refused: 'kind',
  binding_missing: 'binding',
  binding_mismatch: 'binding',
  proof_invalid: 'binding',
  proof_nonce_required: 'binding',
  authentication_too_weak: 'context',
  authentication_too_old: 'context',
  permission_missing: 'permissions',
  policy_denied: 'policy',
  context_refused: 'context',
  risk_too_high: 'context',
  resource_missing: 'resource',
  route_undeclared: 'credential',
  rate_limited: 'credential',
  keys_unavailable: 'key',
  decision_unavailable: 'policy',
  store_unavailable: 'revocation',
  internal_error: null,
};

/** How far a request surely got: it stopped at one of these stations, or between them. */
export interface Stretch {
  readonly from: Station;
  readonly to: Station;
}

/**
 * The station that denied. Some reasons can come from several (a token without `iss` is `claim_missing` before anything is
 * known of it), so what was seen of the way counts: no station is called passed that was not.
 */
export function findStation(reason: ReasonCode, { from, to }: Stretch): Station {
  const [first, last] = [STATIONS.indexOf(from), STATIONS.indexOf(to)];
  const usual = stationOf[reason];
  const at = usual === null ? first : Math.min(Math.max(STATIONS.indexOf(usual), first), last);
  return STATIONS[at] as Station;
}
