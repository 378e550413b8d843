/** What a caller is: a service that acts for itself, a user behind a client, or not to be told from the token. */
export type CallerKind = (typeof CALLER_KINDS)[number];

/** Every kind of caller. */
export const CALLER_KINDS = Object.freeze(['service', 'user', 'unknown'] as const);

/** Whether the value names a kind of caller. */
export function isCallerKind(value: unknown): value is CallerKind {
  return (CALLER_KINDS as readonly unknown[]).includes(value);
}

/** Who acts on behalf of the subject (`act`, RFC 8693 section 4.1). Earlier actors only inform. */
export interface Actor {
  readonly subject: string;
  readonly issuer?: string;
  readonly actor?: Actor;
}

/** How the user was authenticated (RFC 9068 section 2.2.1), as far as the token tells. */
export interface Authentication {
  /** Authentication context class reference (`acr`). */
  readonly contextClass?: string;
  /** Authentication methods references (`amr`, RFC 8176). */
  readonly methods?: readonly string[];
  /** When the user was authenticated (`auth_time`), in seconds since the epoch. */
  readonly time?: number;
}

/** What the token says of the key that its sender must hold (`cnf`, RFC 7800). */
export interface Confirmation {
  /** Thumbprint of the DPoP key (RFC 9449 section 6.1). */
  readonly jkt?: string;
  /** SHA-256 of the client certificate (RFC 8705 section 3.1). */
  readonly 'x5t#S256'?: string;
  readonly [method: string]: unknown;
}

/** A workload that its certificate names (RFC 8705, X509-SVID): the sender of the request, whoever its token speaks of. */
export interface Workload {
  /** Who vouches for it: a trust domain's SPIFFE ID, or the name of a certificate authority. */
  readonly issuer: string;
  /** Its SPIFFE ID, DNS name or URI. */
  readonly subject: string;
  /** SHA-256 of its certificate, as in `x5t#S256`. */
  readonly thumbprint: string;
}

/** The token that was verified, without the token; of a caller that showed a certificate alone, that certificate. */
export interface TokenFacts {
  /** `jti`; undefined where the issuer's profile has none. */
  readonly id?: string;
  /** `exp`, in seconds since the epoch; `notAfter` of a certificate. */
  readonly expiresAt: number;
  /** `iat`, in seconds since the epoch; `notBefore` of a certificate. */
  readonly issuedAt: number;
  /** `kid` of the key that verified it; SHA-256 of a certificate, as in `x5t#S256`. */
  readonly keyId?: string;
  /** `alg` of the token; `x509` for a certificate. */
  readonly algorithm: string;
}

/**
 * The verified caller: issuer and subject together say who (RFC 7519 section 4.1.2: a subject is unique within its issuer alone). Deep-frozen;
 * nobody after the verification can change what it says.
 */
export interface Principal {
  readonly issuer: string;
  readonly subject: string;
  readonly kind: CallerKind;
  /** Who knows the user, where a service calls on their behalf with a token of its own (`sub_id`, RFC 9493). */
  readonly subjectIssuer?: string;
  /** `client_id`, or what the issuer's profile has in its place. */
  readonly clientId?: string;
  /** What this caller may do here: what its token claims, as far as the receiver grants it. */
  readonly permissions: ReadonlySet<string>;
  /** Roles that its token names, where the issuer's profile says so; what they are worth here is in the permissions. */
  readonly roles: readonly string[];
  readonly actor?: Actor;
  readonly authentication: Authentication;
  readonly confirmation?: Confirmation;
  /** The workload whose certificate came along, alone or beside the token; only where certificates name callers. */
  readonly workload?: Workload;
  readonly token: TokenFacts;
  /** The verified claims, as signed; empty where a certificate came alone. */
  readonly claims: Readonly<Record<string, unknown>>;
}
