import type { Events } from '../events/create-events.js';
import type { Principal } from '../identity/principal.js';
import { type Clock, isGiven, readFunction, readOptions, readText } from '../options.js';
import type { TokenMinter } from '../token/mint-token.js';
import { addressRequest } from './address-request.js';
import type { Attachment, Remedy } from './attach-token.js';
import { followKeyPair } from './follow-key-pair.js';
import type { Line } from './lend-line.js';
import { isRepeatable, measureBody } from './measure-body.js';
import { openCertificateLines } from './open-certificate-lines.js';
import { type Attach, readAttachment } from './read-attachment.js';
import {
  type ClientCertificateOptions,
  checkBesideCertificate,
  readCertificateOption,
} from './read-certificate-option.js';
import { readInit } from './read-init.js';
import { readOrigins } from './read-origins.js';

/** Options of a client. */
export interface ClientOptions {
  /** The service that is called: what its tokens name in `aud`. */
  readonly audience: string;
  /** The only origins that ever get a token: https, or http on loopback. */
  readonly origins: readonly string[];
  /** Narrows the tokens (`scope`); left out: all that the callee grants. */
  readonly permissions?: readonly string[];
  /**
   * The verified user on whose behalf this client calls: `req.principal`. Such a client is made for one request; its tokens
   * end before the user's own, and say what the user may do here (`act`, RFC 8693). Not beside `certificate`.
   */
  readonly onBehalfOf?: Principal;
  /** Life of the tokens in seconds: the gate's by default, 900 at most. */
  readonly lifetimeSeconds?: number;
  /**
   * `dpop`: tokens are bound to a key of this process, and each request carries a proof that we hold it (RFC 9449), so that
   * a stolen token is worthless. Left out: a bearer token.
   */
  readonly proof?: 'dpop';
  /**
   * The certificate that is shown to the callee, to which tokens are bound (RFC 8705); beside `proof: 'dpop'`, to both. All
   * origins must be https then. Left out: no certificate is shown, and the callee is whom Node's `fetch` takes it for.
   */
  readonly certificate?: ClientCertificateOptions;
  /** What sends the requests; the global `fetch` by default, undici's where a certificate is shown. */
  readonly fetch?: Fetch;
  /** Lets tokens travel over plain http, inside a mesh that encrypts. */
  readonly dangerouslyAllowHttp?: boolean;
}

/** A `fetch` that shows a token. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

interface ClientContext {
  readonly minter: TokenMinter;
  readonly lifetimeSeconds: number;
  readonly now: Clock;
  readonly events: Events;
  /** Is given what ends the client's own connections, where it has some. */
  readonly onClose: (close: () => Promise<void>) => void;
}

/** Makes a call on the line that is in use. */
type UseLine = <Result>(call: (line: Line) => Promise<Result>) => Promise<Result>;

const OPTIONS = [
  'audience',
  'origins',
  'permissions',
  'lifetimeSeconds',
  'onBehalfOf',
  'proof',
  'certificate',
  'fetch',
  'dangerouslyAllowHttp',
] as const;
type Given = Partial<Record<(typeof OPTIONS)[number], unknown>>;

/**
 * A `fetch` for one service. It attaches a fresh token, to the origins named and to no other; it follows no redirect;
 * after a 401 `invalid_token` it drops the token and tries once more, and likewise with the nonce that a 401
 * `use_dpop_nonce` brings, where the body can be sent again.
 *
 * The client's promise is rejected with a `TypeError`, as by `fetch`: for another origin, for a request that carries an
 * `Authorization` of its own, and where the certificate that it would show has expired.
 *
 * @throws {ConfigurationError} for options that are missing, of a wrong type, or unknown, and files that can't be used
 */
export function createClient(options: ClientOptions, context: ClientContext): Fetch {
  const given = readOptions('client', options, OPTIONS);
  const audience = readText('client.audience', given.audience, "'api://orders'");
  const origins = readOrigins(given);
  const attach = readAttachment(given, { audience, ...context });
  const useLine = isGiven(given, 'certificate')
    ? openSecurely(given, { audience, origins, attach, context })
    : openPlainly(given, attach());

  return async function countersignedFetch(input, init) {
    const { body, make } = readInit(init);
    const canRepeat = isRepeatable(input, body);
    const length = measureBody(body);
    const tried = new Set<Remedy>();
    return useLine(async ({ attachment, send }) => {
      for (;;) {
        const request = addressRequest(make(input), origins);
        await attachment.attach(request);
        const response = await send(request, length);
        const remedy = attachment.learn(request, response);
        if (remedy === undefined || !canRepeat || tried.has(remedy)) return response;
        tried.add(remedy); // each remedy is tried once
        await response.body?.cancel();
      }
    });
  };
}

/** By Node's `fetch`, or the user's. */
function openPlainly(given: Given, attachment: Attachment): UseLine {
  const send = isGiven(given, 'fetch')
    ? readFunction<Fetch>('client.fetch', given.fetch)
    : (request: Request) => fetch(request);
  const line: Line = { attachment, send: (request) => send(request) };
  return (call) => call(line);
}

interface SecureContext {
  readonly audience: string;
  readonly origins: ReadonlySet<string>;
  readonly attach: Attach;
  readonly context: ClientContext;
}

/** By connections of our own, which show the certificate. */
function openSecurely(given: Given, { audience, origins, attach, context }: SecureContext): UseLine {
  checkBesideCertificate(given, origins);
  const { files, checkCallee } = readCertificateOption(given.certificate);
  const lines = openCertificateLines(followKeyPair(files, { audience, ...context }), {
    attach: ({ thumbprint }) => attach(thumbprint),
    checkCallee,
  });
  context.onClose(lines.close);
  return lines.use;
}
