export type { AccessRecord, Effect, RecordedCaller, Verdicts } from './audit/access-record.js';
export type { LineDestination } from './audit/batch-lines.js';
export type { AccessLogOptions } from './audit/open-access-log.js';
export type { Attempt, Decision, Outcome } from './enforcement/request-attempt.js';
export { AccessDenied, ConfigurationError, REASON_CODES, type ReasonCode } from './errors.js';
export type { Events, GateEvent, GateEvents } from './events/create-events.js';
export { createGate, type Gate, type GateOptions } from './gate/create-gate.js';
export type { Documents, MetadataOptions, PublishedDocument } from './gate/publish-documents.js';
export type { SigningOptions } from './gate/read-signing.js';
export type { Readiness } from './gate/tell-readiness.js';
export { type AccessRequest, fromNodeRequest } from './http/from-node-request.js';
export { type RefusalRow, refusals } from './http/refusals.js';
export type { Refusal } from './http/tell-refusal.js';
export type { Actor, Authentication, CallerKind, Confirmation, Principal, TokenFacts } from './identity/principal.js';
export type { JWK } from './jose/import-public-key.js';
export { type VerifiedJws, verifyCompactJws } from './jose/verify-compact-jws.js';
export { createKeyRing, type KeyRing, type KeyRingOptions, type SigningKey } from './keyring/create-key-ring.js';
export type { SigningAlgorithm, SigningKeySource } from './keyring/read-signing-key.js';
export type { MetricsOptions } from './metrics/create-metrics.js';
export type { ClientOptions, Fetch } from './outbound/create-client.js';
export type { CallerRequirement, PublicRequirement, Requirement } from './policy/read-requirement.js';
export { createTokenMinter, type MintOptions, type TokenMinter, type TokenMinterOptions } from './token/mint-token.js';
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from './token/verify-token.js';
export type { KeyStatus } from './trust/key-source.js';
export type { ClaimLocation, Claims, TokenProfile } from './trust/token-profile.js';
export type {
  JwksClient,
  KeysOption,
  PermissionRule,
  TrustedAuthorizationServer,
  TrustedDomain,
  TrustedIssuer,
  TrustedService,
} from './trust/trusted-issuer.js';
