import { ConfigurationError } from '../errors.js';
import { describeFound, isEncryptedOrLoopback, quoteText, readOptionalSwitch, readText } from '../options.js';

/** The origins that a client may send tokens to. */
export function readOrigins(options: {
  readonly origins?: unknown;
  readonly dangerouslyAllowHttp?: unknown;
}): ReadonlySet<string> {
  if (!Array.isArray(options.origins) || options.origins.length === 0) {
    throw new ConfigurationError(
      'client.origins',
      `must be a non-empty list of origins, found ${describeFound(options.origins)}; write for example ['https://orders.internal']`,
    );
  }
  const allowHttp = readOptionalSwitch('client.dangerouslyAllowHttp', options, 'dangerouslyAllowHttp');
  if (allowHttp) {
    process.emitWarning(
      'client.dangerouslyAllowHttp: tokens travel without encryption of ours; whoever sees one can use it',
      {
        code: 'COUNTERSIGN_DANGEROUSLY_ALLOW_HTTP',
      },
    );
  }
  return new Set(options.origins.map((origin, at) => readOrigin(`client.origins[${at}]`, origin, { allowHttp })));
}

/**
 * The origin (scheme, host, port) that the text names, without path, query or user information.
 * https, or http on loopback, or any http where the operator said that something else encrypts.
 */
function readOrigin(option: string, value: unknown, { allowHttp = false } = {}): string {
  const text = readText(option, value, "'https://orders.internal'");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.origin === 'null' || !/^https?:$/.test(url.protocol)) {
    throw new ConfigurationError(option, `must be an http(s) origin, found ${quoteText(text)}`);
  }
  if (text.toLowerCase() !== url.origin && text.toLowerCase() !== `${url.origin}/` && !isDefaultPort(text, url)) {
    throw new ConfigurationError(
      option,
      `must be an origin alone, found ${quoteText(text)}; write ${quoteText(url.origin)}`,
    );
  }
  if (!isEncryptedOrLoopback(url) && !allowHttp) {
    throw new ConfigurationError(
      option,
      `must be https (http only on loopback), found ${quoteText(text)}; inside a mesh that encrypts, add dangerouslyAllowHttp: true`,
    );
  }
  return url.origin;
}

function isDefaultPort(text: string, url: URL): boolean {
  return text.toLowerCase().replace(/\/$/, '') === `${url.origin}:${url.protocol === 'https:' ? 443 : 80}`;
}
