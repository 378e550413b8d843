import type { X509Certificate } from 'node:crypto';
import type { Connection } from '../http/from-node-request.js';
import type { Principal } from '../identity/principal.js';
import type { IsHop } from '../x509/read-hop.js';

/** What a signal says of one request. */
export interface Assessment {
  /** From 0, nothing speaks against the request, to 1. */
  readonly score: number;
  /** Why, for the operator; the record holds 300 characters of it. What nobody should read later doesn't belong here. */
  readonly reason: string;
}

/** What a signal is shown of a request: its caller is verified, and nothing else is unless its name says so. */
export interface SignalRequest {
  readonly principal: Principal;
  /** Address of the peer, or what trusted proxies say of it. */
  readonly ip?: string;
  /** HTTP method, upper case. */
  readonly method: string;
  /** Path without query, as it was received. */
  readonly path: string;
  /** The present time in seconds since the epoch, by the gate's clock. */
  readonly now: number;
  /**
   * The caller's certificate, where somebody vouches for it: a trust domain or authority (`use: 'identity'`), or our own TLS
   * server by its `ca`. One that is good for nothing but binding a token is not shown.
   */
  readonly certificate?: X509Certificate;
  /** The connection that the request came on. */
  readonly connection?: Connection;
  /** Every value of a header, one item a field line. Whoever sent the request wrote them. */
  unverifiedHeader(name: string): readonly string[];
  /** A header of the signal's `hopHeaders`, where its hop sent the request and it stands there once. */
  hopHeader(name: string): string | undefined;
}

/** Assesses a request. What it throws, and whatever is no assessment, counts as the worst that the signal could have said. */
export type Assess = (request: SignalRequest) => Assessment | Promise<Assessment>;

/** Something that speaks for or against a request. Made by {@link defineSignal}, or one of those that are there. */
export interface Signal {
  /** What records call it. */
  readonly name: string;
  /** The score that counts where it fails or is late; 1 by default. */
  readonly worst: number;
  /** How long a promise of it is waited for. */
  readonly timeoutMilliseconds: number;
  /** Headers, in lower case, that are believed from these hops alone. From anybody else the application never sees them. */
  readonly hopHeaders?: Readonly<Record<string, IsHop>>;
  /** It would never see a certificate on a gate without `certificates`: there it is an error at start. */
  readonly needsCertificate?: boolean;
  readonly assess: Assess;
}
