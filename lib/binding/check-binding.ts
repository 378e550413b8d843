import { AccessDenied } from '../errors.js';
import { askStore } from '../events/ask-store.js';
import type { Events } from '../events/create-events.js';
import type { Confirmation, Workload } from '../identity/principal.js';
import { type CheckedProof, checkProof, type ShownProof } from './check-proof.js';
import type { DpopRules } from './read-binding.js';

/** What came along with a token. */
export interface Presented {
  /** The scheme under which it was shown. */
  readonly scheme: 'bearer' | 'dpop';
  readonly proof?: ShownProof | undefined;
  /** SHA-256 of the client certificate (RFC 8705 section 3.1), base64url; asked only where a token is bound to one. */
  readonly certificateThumbprint?: () => string | undefined;
  /** Who sent it, where certificates name callers. */
  readonly workload?: Workload | undefined;
}

/** How bindings are judged, settled at start. */
export interface BindingRules {
  /** Left out: proofs are not understood here, and tokens that need one are refused. */
  readonly dpop?: DpopRules;
  readonly events: Events;
}

/** A token that came alone. */
export const ALONE: Presented = Object.freeze({ scheme: 'bearer' });

/** A token, and how it was shown. */
interface Shown {
  readonly token: string;
  readonly presented: Presented;
  readonly now: number;
}

/** Members of `cnf` that are enforced here (RFC 9449 section 6.1, RFC 8705 section 3.1). */
const KNOWN = ['jkt', 'x5t#S256'] as const;

/**
 * Whether the sender is the one that the token was made for. A token without `cnf` is anybody's who holds it; one that
 * is bound (RFC 7800) is bound by every member of it that is known here, and by one at least. A proof is used up last.
 *
 * @returns true: possession was proved; false: nothing had to be
 * @throws {AccessDenied} `binding_missing`, `binding_mismatch`, `proof_invalid`, `proof_nonce_required`, `token_replayed`,
 *   `store_unavailable`
 */
export function checkBinding(
  confirmation: Confirmation | undefined,
  shown: Shown,
  rules: BindingRules,
): boolean | Promise<boolean> {
  if (shown.presented.scheme === 'dpop' && confirmation?.jkt === undefined) {
    throw new AccessDenied('binding_missing', 'the token is bound to no key, and came as if it were');
  }
  return confirmation === undefined ? false : checkConfirmation(confirmation, shown, rules);
}

async function checkConfirmation(
  confirmation: Confirmation,
  { token, presented, now }: Shown,
  { dpop, events }: BindingRules,
): Promise<boolean> {
  if (!KNOWN.some((member) => Object.hasOwn(confirmation, member))) {
    throw new AccessDenied('binding_missing', 'the token is bound in a way that is not known here');
  }
  const proof = Object.hasOwn(confirmation, 'jkt')
    ? checkKeyBinding(confirmation.jkt, checkPresentedProof(token, presented, dpop, now))
    : undefined;
  if (Object.hasOwn(confirmation, 'x5t#S256')) {
    checkCertificateBinding(confirmation['x5t#S256'], presented.certificateThumbprint?.());
  }
  if (proof && dpop) await useUp(proof, dpop, events);
  return true;
}

function checkPresentedProof(
  token: string,
  { scheme, proof }: Presented,
  dpop: DpopRules | undefined,
  now: number,
): CheckedProof {
  if (!dpop || scheme !== 'dpop' || !proof) {
    throw new AccessDenied('binding_missing', 'the token is bound to a key, and no proof of it came along');
  }
  return checkProof(proof, token, dpop, now);
}

function checkKeyBinding(thumbprint: unknown, proof: CheckedProof): CheckedProof {
  if (thumbprint === proof.thumbprint) return proof;
  throw new AccessDenied('binding_mismatch', 'the proof is of another key than the token');
}

function checkCertificateBinding(thumbprint: unknown, presented: string | undefined): void {
  if (presented === undefined) {
    throw new AccessDenied('binding_missing', 'the token is bound to a certificate, and none came along');
  }
  if (thumbprint !== presented) {
    throw new AccessDenied('binding_mismatch', 'the certificate is another one than the token is bound to');
  }
}

/** RFC 9449 section 11.1: of any number of uses at once, one goes through. */
async function useUp({ name, expiresAt }: CheckedProof, { replays }: DpopRules, events: Events): Promise<void> {
  const isFirst = await askStore(
    { store: 'proof', events, effect: 'deny' },
    () => replays.claim(name, expiresAt),
    (answer) => typeof answer === 'boolean',
  );
  if (!isFirst) throw new AccessDenied('token_replayed', 'the proof was used before');
}
