import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import type { AlgorithmName } from '../jose/algorithms.js';
import {
  type Clock,
  describeFound,
  isEncryptedOrLoopback,
  quoteText,
  readFunction,
  readOneOf,
  readOptionalSwitch,
  readOptions,
  readText,
} from '../options.js';
import { cacheRemoteKeys } from './cache-remote-keys.js';
import { discoverJwksUri } from './discover-jwks-uri.js';
import { fetchJson } from './fetch-json.js';
import { holdStaticKeys } from './hold-static-keys.js';
import type { KeySource } from './key-source.js';
import type { JwksClient } from './trusted-issuer.js';

/** Everything about an issuer that getting its keys needs. */
export interface KeySourceContext {
  readonly issuer: string;
  readonly algorithms: readonly AlgorithmName[];
  readonly maxStaleSeconds: number;
  readonly now: Clock;
  readonly events: Events;
}

type FetchKeys = () => Promise<unknown>;

const DEADLINE_MILLISECONDS = 3000;
const EXAMPLE = "{ jwksUri: 'https://idp.example/jwks.json' }";
const SOURCES = ['discovery', 'jwksUri', 'jwks', 'client'] as const;

/** The source that the `keys` option names; discovery where it is left out. */
export function openKeySource(option: string, value: unknown, context: KeySourceContext): KeySource {
  const keys = readOptions(option, value, [...SOURCES, 'dangerouslyAllowHttp'], EXAMPLE);
  const source = readOneOf(option, keys, SOURCES, EXAMPLE);
  const allowHttp = readAllowHttp(`${option}.dangerouslyAllowHttp`, keys);
  if (source === 'jwks') return holdStaticKeys(`${option}.jwks`, keys.jwks, context.algorithms);
  const fetchKeys = {
    client: () => fetchFromClient(`${option}.client`, keys.client),
    jwksUri: () => fetchFromUri(readUrl(`${option}.jwksUri`, keys.jwksUri, allowHttp)),
    discovery: () => fetchByDiscovery(option, keys.discovery, context.issuer, allowHttp),
  }[source]();
  return cacheRemoteKeys({ ...context, fetchKeys });
}

function readAllowHttp(option: string, keys: { readonly dangerouslyAllowHttp?: unknown }): boolean {
  const allowed = readOptionalSwitch(option, keys, 'dangerouslyAllowHttp');
  if (allowed) {
    process.emitWarning(`${option}: keys are fetched without encryption; whoever can change them can be anyone`, {
      code: 'COUNTERSIGN_DANGEROUSLY_ALLOW_HTTP',
    });
  }
  return allowed;
}

function fetchByDiscovery(option: string, discovery: unknown, issuer: string, allowHttp: boolean): FetchKeys {
  if (discovery !== true) {
    throw new ConfigurationError(`${option}.discovery`, `must be true, found ${describeFound(discovery)}`);
  }
  readUrl(option.replace(/\.keys$/, '.issuer'), issuer, allowHttp); // the URL that discovery starts from
  let jwksUri: string | undefined;
  return async () => {
    const signal = AbortSignal.timeout(DEADLINE_MILLISECONDS);
    try {
      jwksUri ??= await discoverJwksUri(issuer, { allowHttp, signal });
      return await fetchWithJwksRsa(jwksUri, signal);
    } catch (error) {
      jwksUri = undefined; // the metadata may have changed: it is asked for again
      throw error;
    }
  };
}

function fetchFromUri(jwksUri: string): FetchKeys {
  return () => fetchWithJwksRsa(jwksUri, AbortSignal.timeout(DEADLINE_MILLISECONDS));
}

/** jwks-rsa is loaded when a remote key set is first asked for, and fetches by our bounded fetcher alone. */
async function fetchWithJwksRsa(jwksUri: string, signal: AbortSignal): Promise<unknown> {
  const { default: jwksRsa } = await import('jwks-rsa');
  const fetcher = async (url: string) => (await fetchJson(url, signal)) as { keys: unknown };
  return new jwksRsa.JwksClient({ jwksUri, cache: false, rateLimit: false, fetcher }).getKeys();
}

function fetchFromClient(option: string, value: unknown): FetchKeys {
  const client = value as JwksClient | null | undefined;
  readFunction(`${option}.getKeys`, client?.getKeys);
  return () => withDeadline((client as JwksClient).getKeys());
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the client did not answer in time')), DEADLINE_MILLISECONDS);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

/** https, or http on loopback as written here, or whatever `dangerouslyAllowHttp` lets pass. */
function readUrl(option: string, value: unknown, allowHttp: boolean): string {
  const text = readText(option, value, "'https://idp.example/jwks.json'");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ConfigurationError(option, `must be an https URL without user information, found ${quoteText(text)}`);
  }
  if (!isEncryptedOrLoopback(url) && !allowHttp) {
    throw new ConfigurationError(
      option,
      `must be https (http only on loopback), found ${quoteText(text)}; inside a mesh that encrypts, add dangerouslyAllowHttp: true to keys`,
    );
  }
  return text;
}
