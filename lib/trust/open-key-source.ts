import { ConfigurationError } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { readAllowedHttp, readRemoteUrl } from '../http/read-remote-url.js';
import { type Clock, describeFound, readFunction, readOneOf, readOptions } from '../options.js';
import { cacheRemoteKeys } from './cache-remote-keys.js';
import { fetchByDiscovery, fetchFromClient, fetchFromUri } from './fetch-keys.js';
import { holdStaticKeys } from './hold-static-keys.js';
import type { KeyRules } from './import-key-set.js';
import type { FetchKeys, KeySource } from './key-source.js';
import { openKeyFile } from './open-key-file.js';
import type { JwksClient } from './trusted-issuer.js';

/** Everything about an issuer that getting its keys needs. */
export interface KeySourceContext {
  readonly issuer: string;
  readonly rules: KeyRules;
  readonly maxStaleSeconds: number;
  readonly now: Clock;
  readonly events: Events;
  /** Where last good key sets are kept on disk, if anywhere. */
  readonly directory?: string | undefined;
}

const EXAMPLE = "{ jwksUri: 'https://idp.example/jwks.json' }";
const SOURCES = ['discovery', 'jwksUri', 'jwks', 'client'] as const;

/** The source that the `keys` option names; discovery where it is left out. */
export function openKeySource(option: string, value: unknown, context: KeySourceContext): KeySource {
  const keys = readOptions(option, value, [...SOURCES, 'dangerouslyAllowHttp'], EXAMPLE);
  const source = readOneOf(option, keys, SOURCES, EXAMPLE);
  const allowHttp = readAllowHttp(`${option}.dangerouslyAllowHttp`, keys);
  if (source === 'jwks') return holdStaticKeys(`${option}.jwks`, keys.jwks, context.rules);
  const fetchKeys = {
    client: () => fetchFromClient(readClient(`${option}.client`, keys.client)),
    jwksUri: () => fetchFromUri(readUrl(`${option}.jwksUri`, keys.jwksUri, allowHttp)),
    discovery: () => {
      const issuer = readIssuerUrl(option, keys.discovery, context.issuer, allowHttp);
      return fetchByDiscovery(issuer, { allowHttp, now: context.now });
    },
  }[source]();
  return openRemoteKeys(source === 'jwksUri' ? String(keys.jwksUri) : source, fetchKeys, context);
}

/** Remote keys, with the last good set on disk where there is a directory for it. */
export function openRemoteKeys(source: string, fetchKeys: FetchKeys, context: KeySourceContext): KeySource {
  const { directory } = context;
  const file = directory === undefined ? undefined : openKeyFile({ ...context, directory, source });
  return cacheRemoteKeys({ ...context, fetchKeys, file });
}

function readIssuerUrl(option: string, discovery: unknown, issuer: string, allowHttp: boolean): string {
  if (discovery === true) return readUrl(option.replace(/\.keys$/, '.issuer'), issuer, allowHttp);
  throw new ConfigurationError(`${option}.discovery`, `must be true, found ${describeFound(discovery)}`);
}

function readClient(option: string, value: unknown): JwksClient {
  const client = value as JwksClient | null | undefined;
  readFunction(`${option}.getKeys`, client?.getKeys);
  return client as JwksClient;
}

/** Whether the operator lets keys come over http from anywhere; it is told at start. */
export function readAllowHttp(option: string, keys: { readonly dangerouslyAllowHttp?: unknown }): boolean {
  return readAllowedHttp(option, keys, 'keys are fetched without encryption; whoever can change them can be anyone');
}

/** The URL of keys: https, or http on loopback as written here, or whatever `dangerouslyAllowHttp` lets pass. */
export function readUrl(option: string, value: unknown, allowHttp: boolean): string {
  return readRemoteUrl(option, value, { allowHttp, example: "'https://idp.example/jwks.json'", switchIn: ' to keys' });
}
