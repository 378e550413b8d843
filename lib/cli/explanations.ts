import type { ReasonCode } from '../errors.js';

/** What is behind a reason: what happened, and what to do about it. */
export interface Explanation {
  readonly cause: string;
  readonly cure: string;
}

const LATER = 'Not in use yet: nothing denies for it.';

/** Every reason explained. A new code doesn't compile until it has its row; the README says the same causes. */
export const explanations: Readonly<Record<ReasonCode, Explanation>> = {
  token_missing: {
    cause: 'no credential, or one of a scheme that is not spoken here',
    cure: 'Send "Authorization: Bearer <token>"; gate.client does. Mark a route for everybody with gate.public(why).',
  },
  credential_malformed: {
    cause: 'the Authorization field breaks RFC 6750 or RFC 9110',
    cure: 'Send the scheme, one space and the token: no quotes, no line breaks, nothing behind it.',
  },
  credential_ambiguous: {
    cause: 'two credentials, or one in two places',
    cure: 'Send one Authorization field and no access_token in the query. Look for a proxy that adds its own.',
  },
  token_malformed: {
    cause: 'not a compact JWS with unambiguous JSON: parts, base64url, UTF-8, members twice',
    cure: 'Look at it with "countersign inspect". Opaque and encrypted tokens are not understood.',
  },
  token_too_large: {
    cause: 'longer than 8 KiB',
    cure: 'Have the issuer put fewer groups or roles into the token.',
  },
  token_extension_refused: {
    cause: 'the header asks for an extension (crit, b64)',
    cure: 'Have the issuer leave crit and b64 out: no extension is understood here.',
  },
  token_type_refused: {
    cause: "typ is not the one of the issuer's access tokens",
    cure: "Send the access token, not the ID token. If it is one, choose the provider's profile in its trust entry.",
  },
  algorithm_refused: {
    cause: "not one of the issuer's algorithms, or not the key's",
    cure: 'Have the issuer sign with RS, PS, ES or EdDSA. Look at algorithms in its trust entry, and at alg of its keys.',
  },
  issuer_untrusted: {
    cause: 'iss is nobody that is trusted here',
    cure: 'Compare iss with the entries of trust, letter by letter: a slash at the end counts.',
  },
  key_unknown: {
    cause: 'the issuer has no such key, or not exactly one that fits',
    cure: 'Look whether its key set holds this kid, with a fitting alg and use. New keys are found within 30 s.',
  },
  signature_invalid: {
    cause: 'not signed by that key as it stands',
    cure: 'Get a new token. If it stays so, two issuers (say, test and production) share an iss or a kid.',
  },
  audience_mismatch: {
    cause: 'meant for somebody else',
    cure: "Have the caller ask for this service's audience, or correct audience in the gate's options or the trust entry.",
  },
  claim_missing: {
    cause: 'a claim that the profile demands is not there',
    cure: "Have the issuer add the claim, or choose the provider's profile in its trust entry.",
  },
  claim_invalid: {
    cause: "a claim is of a wrong type, forbidden, or not the service's own",
    cure: 'Send the access token, not the ID token. A service that signs its own tokens may only name itself.',
  },
  token_expired: {
    cause: 'exp has passed',
    cure: 'Have the caller get a new token in time; gate.client does. Compare the clocks if it is about seconds.',
  },
  token_not_yet_valid: {
    cause: 'nbf or iat is still to come',
    cure: "Keep both clocks by NTP. clockToleranceSeconds (5, at most 60) covers what's left.",
  },
  token_lifetime_too_long: {
    cause: 'exp − iat is more than its kind of caller may have',
    cure: 'Have the issuer make shorter tokens, or set maxLifetimeSeconds in its trust entry.',
  },
  token_revoked: {
    cause: 'revoked: the token itself, or all of its subject, its key or its issuer',
    cure: 'Have the caller get a new token, once whatever led to the revocation is cleared up.',
  },
  token_replayed: {
    cause: 'the proof was used before',
    cure: 'Make a new DPoP proof for each request, retries too. Else somebody repeats requests.',
  },
  caller_kind_refused: {
    cause: 'a user where services alone may come in, or the like',
    cure: "Call with a token of the right kind, or change kinds of the route. A step-up is for users' tokens only.",
  },
  binding_missing: {
    cause: 'bound to a key, and shown without proof of it; or not bound where a proof is demanded',
    cure: 'Send the DPoP proof or certificate along; gate.client can. The gate needs publicOrigin or certificates.',
  },
  binding_mismatch: {
    cause: 'bound to another key or certificate than the one that came along',
    cure: 'Get a new token once a key or certificate is renewed. Else somebody shows a token that is not theirs.',
  },
  proof_invalid: {
    cause: 'the DPoP proof does not hold: its form, key, signature, method, URI, token or time',
    cure: 'Compare htu of the proof with publicOrigin and publicPathPrefix, htm with the method, and both clocks.',
  },
  proof_nonce_required: {
    cause: 'the DPoP proof needs a nonce of ours, which comes along',
    cure: 'Send the request again with the nonce of the DPoP-Nonce field; gate.client does. Once per caller is normal.',
  },
  authentication_too_weak: {
    cause: 'the user was authenticated in another way, or by other methods, than the route asks',
    cure: 'Send the user to sign in again with the acr_values of the challenge, or change stepUp of the route.',
  },
  authentication_too_old: {
    cause: 'the user was authenticated longer ago than the route asks',
    cure: 'Send the user to sign in again with the max_age of the challenge. The token must hold auth_time.',
  },
  permission_missing: {
    cause: 'a permission that the route demands is not held here',
    cure: "Grant it at the issuer (scope or role), and in the grants of the caller's trust entry where it has any.",
  },
  policy_denied: {
    cause: 'a policy or decision point says no',
    cure: 'Look at policies in the record: it names who said no, and why.',
  },
  context_refused: { cause: 'the circumstances say no (later version)', cure: LATER },
  risk_too_high: {
    cause: "the risk is above the route's limit",
    cure: 'Look at risk in the record: it names each signal, its score and why. Change context of the route, or the signal.',
  },
  resource_missing: {
    cause: "the route's loader found no such resource",
    cure: 'Nothing, where there is no such thing. Else look at the loader that the route names as resource.',
  },
  route_undeclared: {
    cause: 'the handler declares nothing, so it is closed',
    cure: 'Declare what it demands, as @RequirePermission, or that it is for everybody, as @Public(why).',
  },
  rate_limited: {
    cause: 'too many credentials of this peer were refused',
    cure: 'Look at its records before. Where many callers share an address, leave refusalBudget out.',
  },
  keys_unavailable: {
    cause: "the issuer's keys can't be had: says nothing about the token",
    cure: 'See the event keys_fetched. Look whether the issuer can be reached from here. keyDirectory bridges restarts.',
  },
  decision_unavailable: {
    cause: "the decision point can't be asked: says nothing about the caller",
    cure: 'Look whether the decision point can be reached from here. Until then nobody comes in.',
  },
  store_unavailable: {
    cause: "the store of revocations, or of used proofs, can't be asked: says nothing about the token",
    cure: 'Look at the event store_unreachable, and at the store: it must answer within 300 ms.',
  },
  internal_error: {
    cause: 'something of ours or yours threw: see the event failure',
    cure: "Listen with gate.on('failure', …). Often a policy, a loader or a profile of your own threw.",
  },
};
