import type { X509Certificate } from 'node:crypto';
import { ALONE, type BindingRules, checkBinding, type Presented } from '../binding/check-binding.js';
import { normalizeUri } from '../binding/normalize-uri.js';
import { type DpopOptions, readDpop } from '../binding/read-binding.js';
import { createEvents } from '../events/create-events.js';
import type { Principal, Workload } from '../identity/principal.js';
import { type Clock, isGiven, readClock, readNumber, readOptions } from '../options.js';
import type { Issuer } from '../trust/issuer.js';
import { readAudience } from '../trust/read-entry-parts.js';
import { readKeyDirectory } from '../trust/read-key-directory.js';
import { readTrustedIssuers } from '../trust/read-trusted-issuers.js';
import type { TrustedIssuer } from '../trust/trusted-issuer.js';
import { whenThere } from '../when-there.js';
import { computeCertificateThumbprint } from '../x509/compute-certificate-thumbprint.js';
import { type AuthenticToken, authenticateToken } from './authenticate-token.js';
import { checkAudience, checkLifetime, checkTimes } from './check-intended.js';
import { limitDelegated, rememberVerified } from './delegate.js';
import { readTokenMemory, type TokenMemory, type TokenMemoryOptions } from './remember-tokens.js';
import type { Revocations } from './revoke-tokens.js';

/** Is told how far a credential got, so that a refusal can be recorded with what was proved before it. */
export interface Witness {
  /** The token is not known yet: what follows costs time. It may refuse that. */
  unknown(): void;
  /** Signed by a trusted issuer, its claims in order: this caller is known, whatever follows. */
  authentic(principal: Principal, keys: { readonly keysStale: boolean }): void;
  /** Meant for this place. */
  intended(): void;
  /** Shown by the one that it was made for. */
  bound(): void;
}

/** What verifying needs, settled at start. */
export interface VerificationRules {
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly clockToleranceSeconds: number;
  readonly now: Clock;
  readonly binding: BindingRules;
  /** Left out: each token is verified from its first letter on, whenever it is shown. */
  readonly memory?: TokenMemory | undefined;
  /** Left out: nothing is revoked before its time. */
  readonly revocations?: Pick<Revocations, 'check'>;
}

/** How a token was shown, and who is told how far it got. */
interface Showing {
  readonly presented?: Presented;
  readonly witness?: Witness;
}

/**
 * The stations of a token, in their order: whose it is, then time, place, holder, and whether it was revoked. A promise only
 * where somebody has to be asked. @throws {AccessDenied}
 */
export function verifyToken(
  token: string,
  rules: VerificationRules,
  showing: Showing = {},
): Principal | Promise<Principal> {
  const now = rules.now();
  const recalled = rules.memory?.recall(token, now);
  return recalled ? judgeToken(token, recalled, now, rules, showing) : verifyUnknown(token, rules, showing);
}

function verifyUnknown(token: string, rules: VerificationRules, showing: Showing): Principal | Promise<Principal> {
  showing.witness?.unknown();
  return whenThere(authenticateToken(token, rules.issuers), (said) => {
    const now = rules.now(); // it may have taken a while
    return whenThere(judgeToken(token, said, now, rules, showing), (principal) => {
      rules.memory?.keep(token, said, now);
      return principal;
    });
  });
}

/** What is judged anew whenever a token is shown. */
function judgeToken(
  token: string,
  said: AuthenticToken,
  now: number,
  rules: VerificationRules,
  { presented = ALONE, witness }: Showing,
): Principal | Promise<Principal> {
  const authentic = accompany(limitDelegated(said, rules.issuers), presented.workload);
  const { principal } = authentic;
  witness?.authentic(principal, authentic);
  checkTimes(authentic, now, rules.clockToleranceSeconds);
  checkLifetime(authentic);
  checkAudience(authentic);
  witness?.intended();
  return whenThere(checkBinding(principal.confirmation, { token, presented, now }, rules.binding), (isBound) => {
    if (isBound) witness?.bound();
    return whenThere(rules.revocations?.check(principal), () => rememberVerified(principal));
  });
}

/** The caller that the token tells of, with the workload that sent it. */
function accompany(authentic: AuthenticToken, workload: Workload | undefined): AuthenticToken {
  return workload
    ? { ...authentic, principal: Object.freeze<Principal>({ ...authentic.principal, workload }) }
    : authentic;
}

/** Options of {@link createTokenVerifier}. */
export interface TokenVerifierOptions {
  /** What a token must name in `aud`; of a list, any. */
  readonly audience: string | readonly string[];
  readonly trust: readonly (TrustedIssuer | readonly TrustedIssuer[])[];
  /** How far clocks may differ, for `exp`, `nbf` and `iat`. Seconds; 5 by default, 60 at most. */
  readonly clockToleranceSeconds?: number;
  /** A directory of our own where last good key sets outlive a restart. */
  readonly keyDirectory?: string;
  /** How DPoP proofs are judged. */
  readonly dpop?: DpopOptions;
  /** How many signatures are remembered that held, and for how long; `false`: none. */
  readonly tokenMemory?: TokenMemoryOptions | false;
  /** The present time in seconds since the epoch; for tests and replays. */
  readonly now?: () => number;
}

/** What came along with a token, outside of any request. */
export interface PresentedProofs {
  /** A DPoP proof (RFC 9449), and the request that it must be for: its method and its URI as the sender knows it. */
  readonly dpop?: { readonly proof: string; readonly method: string; readonly url: string };
  /** The client certificate of the connection (RFC 8705). */
  readonly certificate?: X509Certificate;
}

/** Verifies tokens outside of any request. */
export interface TokenVerifier {
  /**
   * The verified caller. A token that is bound to a key needs the proof that came along with it.
   *
   * @throws {AccessDenied} its `reason` is the code; `keys_unavailable` says nothing about the token
   */
  verify(token: string, presented?: PresentedProofs): Promise<Principal>;
}

/**
 * A verifier without a gate: no record, no metrics, no decision.
 *
 * @throws {ConfigurationError} for every option that is missing, of a wrong type, or unknown
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const given = readOptions('options', options, [
    'audience',
    'trust',
    'clockToleranceSeconds',
    'keyDirectory',
    'dpop',
    'tokenMemory',
    'now',
  ]);
  const now = readClock('now', given);
  const events = createEvents();
  const clockToleranceSeconds = readTolerance(given);
  const audience = readAudience('audience', given.audience);
  const keyDirectory = isGiven(given, 'keyDirectory')
    ? readKeyDirectory('keyDirectory', given.keyDirectory)
    : undefined;
  const dpop = readDpop(isGiven(given, 'dpop') ? given.dpop : {}, { now, clockToleranceSeconds });
  const rules: VerificationRules = {
    issuers: readTrustedIssuers(given.trust, { audience, now, keyDirectory }).issuers,
    clockToleranceSeconds,
    now,
    binding: { dpop, events },
    memory: readTokenMemory(given),
  };
  return {
    verify: async (token, presented) =>
      verifyToken(token, rules, presented ? { presented: readPresented(presented) } : undefined),
  };
}

function readPresented({ dpop, certificate }: PresentedProofs): Presented {
  return {
    scheme: dpop ? 'dpop' : 'bearer',
    ...(dpop && { proof: { unverifiedProof: dpop.proof, method: dpop.method, uri: normalizeUri(dpop.url) } }),
    ...(certificate && { certificateThumbprint: () => computeCertificateThumbprint(certificate) }),
  };
}

/** RFC 7519 leaves "a few minutes"; five seconds are many for clocks that are kept. */
export function readTolerance(options: { readonly clockToleranceSeconds?: unknown }): number {
  if (!isGiven(options, 'clockToleranceSeconds')) return 5;
  return readNumber('clockToleranceSeconds', options.clockToleranceSeconds, { least: 0, most: 60, unit: 'seconds' });
}
