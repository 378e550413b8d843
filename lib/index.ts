export type {
  AccessRecord,
  Decision,
  Effect,
  RecordedCaller,
  RecordedPolicy,
  RecordedResource,
  RecordedWorkload,
  Verdicts,
} from './audit/access-record.js';
export type { LineDestination } from './audit/guard-destination.js';
export type { AccessLogOptions } from './audit/open-access-log.js';
export type { CertificateFormat } from './binding/parse-forwarded-certificate.js';
export type { DpopOptions } from './binding/read-binding.js';
export type { CertificateOptions, CertificateUse } from './binding/read-certificates.js';
export type { ReplayStore } from './binding/replay-store.js';
export { defineSignal, type SignalOptions } from './context/define-signal.js';
export { type DeviceSignalOptions, type DeviceSource, deviceSignal } from './context/device-signal.js';
export { type NetworkSignalOptions, networkSignal } from './context/network-signal.js';
export type { Assess, Assessment, Signal, SignalRequest } from './context/signal.js';
export { type TimeSignalOptions, timeSignal, type Weekday } from './context/time-signal.js';
export type { Attempt, Outcome } from './enforcement/attempt-view.js';
export type { RefusalBudgetOptions } from './enforcement/budget-refusals.js';
export type { HandOver } from './enforcement/enforce-access.js';
export { AccessDenied, ConfigurationError, REASON_CODES, type ReasonCode } from './errors.js';
export type { GateEvent, GateEvents, Listen } from './events/create-events.js';
export { createGate, type Gate, type GateOptions } from './gate/create-gate.js';
export type { Demands, ResourceMetadataOptions } from './gate/describe-resource.js';
export type { Documents, MetadataOptions, PublishedDocument } from './gate/publish-documents.js';
export type { ChallengeOptions } from './gate/read-challenge-option.js';
export type { SigningOptions } from './gate/read-signing.js';
export type { Readiness } from './gate/tell-readiness.js';
export { type AccessRequest, type Connection, fromNodeRequest } from './http/from-node-request.js';
export { type RefusalRow, refusals } from './http/refusals.js';
export type { Refusal } from './http/tell-refusal.js';
export { parseSpiffeId, type SpiffeId } from './identity/parse-spiffe-id.js';
export type {
  Actor,
  Authentication,
  CallerKind,
  Confirmation,
  Principal,
  TokenFacts,
  Workload,
} from './identity/principal.js';
export type { ClaimLocation, Claims } from './identity/read-claim.js';
export type { ContextOptions } from './identity/read-context-demand.js';
export type { StepUpOptions } from './identity/read-step-up.js';
export type { AssessedSignal, Risk, RiskLevel } from './identity/risk.js';
export type { AlgorithmName } from './jose/algorithms.js';
export type { JWK } from './jose/import-public-key.js';
export type { JoseHeader } from './jose/parse-compact-jws.js';
export { type VerifiedJws, type VerifyCompactJwsOptions, verifyCompactJws } from './jose/verify-compact-jws.js';
export { createKeyRing, type KeyRing, type KeyRingOptions, type SigningKey } from './keyring/create-key-ring.js';
export type { SigningAlgorithm, SigningKeySource } from './keyring/read-signing-key.js';
export type { MetricsOptions } from './metrics/create-metrics.js';
export type { ClientOptions, Fetch } from './outbound/create-client.js';
export type { ClientCertificateOptions } from './outbound/read-certificate-option.js';
export type { Fulfil } from './policy/ask-decision-points.js';
export {
  type AuthzenDecisionPoint,
  type AuthzenDecisionPointOptions,
  authzenDecisionPoint,
} from './policy/authzen-decision-point.js';
export type { DecisionCacheOptions } from './policy/cache-decisions.js';
export { type CedarDecisionPointOptions, cedarDecisionPoint } from './policy/cedar-decision-point.js';
export type { CedarEntity, CedarEntityUid, CedarRequest } from './policy/cedar-request.js';
export type {
  Action,
  Decision as PolicyDecision,
  DecisionContext,
  DecisionPoint,
  DecisionRequest,
  LoadResource,
  Obligation,
  Resource,
  Subject,
  SubjectProperties,
} from './policy/decision.js';
export { type ConcreteRequest, definePolicy, type Verdict } from './policy/define-policy.js';
export { type OpaDecisionPointOptions, opaDecisionPoint } from './policy/opa-decision-point.js';
export type { RemotePointOptions } from './policy/open-remote-point.js';
export type { EvaluationsSemantic } from './policy/read-evaluations.js';
export type { HeadersOption } from './policy/read-headers.js';
export type { Mode, SettledMode } from './policy/read-mode.js';
export type {
  CallerRequirement,
  ProofDemand,
  PublicRequirement,
  Requirement,
  SettledRequirement,
} from './policy/read-requirement.js';
export { createTokenMinter, type MintOptions, type TokenMinter, type TokenMinterOptions } from './token/mint-token.js';
export type { Revocation } from './token/read-revocation.js';
export type { TokenMemoryOptions } from './token/remember-tokens.js';
export type { RevocationEntry, RevocationStore } from './token/revocation-store.js';
export type { RevocationOptions } from './token/revoke-tokens.js';
export {
  createTokenVerifier,
  type PresentedProofs,
  type TokenVerifier,
  type TokenVerifierOptions,
} from './token/verify-token.js';
export type { KeyStatus } from './trust/key-source.js';
export type { PresetName } from './trust/profiles/presets.js';
export type { Grant } from './trust/read-grants.js';
export type { ClaimLocations, TokenProfile } from './trust/token-profile.js';
export type {
  BundleOption,
  JwksClient,
  KeysOption,
  PermissionRule,
  TrustedAuthority,
  TrustedAuthorizationServer,
  TrustedDomain,
  TrustedIssuer,
  TrustedService,
} from './trust/trusted-issuer.js';
export type { HopOption } from './x509/read-hop.js';
