import { ConfigurationError } from '../errors.js';
import type { Metrics } from '../metrics/create-metrics.js';
import { isGiven, quoteText, readOptions, readText } from '../options.js';
import {
  type Demands,
  describeResource,
  type ResourceFacts,
  type ResourceMetadataOptions,
} from './describe-resource.js';
import type { Signing } from './read-signing.js';

/** Something of ours that others may read, as the wire carries it. */
export interface PublishedDocument {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Options of the metadata. */
export interface MetadataOptions {
  /** Where our key set is served; `/.well-known/jwks.json` below the issuer by default. */
  readonly jwksUri?: string;
}

/** What a service publishes. Each method settles what it can at once, and returns what makes the document. */
export interface Documents {
  /** Our public keys, active, next and retired (RFC 7517). */
  jwks(): () => PublishedDocument;
  /** Metadata by which others discover our keys (RFC 8414 section 3.2). */
  metadata(options?: MetadataOptions): () => PublishedDocument;
  /**
   * Metadata by which clients learn what this service demands (RFC 9728). What routes demand is asked once, when it is
   * served first: until then they may be added.
   */
  resourceMetadata(listDemands: () => Demands, options?: ResourceMetadataOptions): () => PublishedDocument;
  /** The metrics in the registry's exposition format. */
  metrics(): () => Promise<PublishedDocument>;
}

/** Consumers may keep what they got for this long. It must be far less than the time for which a next key is published. */
const CACHE_CONTROL = 'public, max-age=300';
const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': CACHE_CONTROL } as const;

const JWKS_EXAMPLE = "'https://orders.internal/.well-known/jwks.json'";

interface Publishable {
  readonly signing: Signing | undefined;
  readonly metrics: Metrics | undefined;
  readonly resource: ResourceFacts;
}

/** The documents of a gate, as far as its configuration has something to publish. */
export function publishDocuments({ signing, metrics, resource }: Publishable): Documents {
  return {
    jwks() {
      const { keyRing } = requireSigning(signing, 'jwks');
      return () => ({
        headers: { 'content-type': 'application/jwk-set+json', 'cache-control': CACHE_CONTROL },
        body: JSON.stringify(keyRing.jwks()),
      });
    },
    metadata(options = {}) {
      const issuer = requireUrl('signing.issuer', requireSigning(signing, 'metadata').issuer);
      const given = readOptions('metadata', options, ['jwksUri']);
      const jwksUri = isGiven(given, 'jwksUri')
        ? requireUrl('metadata.jwksUri', readText('metadata.jwksUri', given.jwksUri, JWKS_EXAMPLE))
        : `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
      // RFC 8414 section 2: response_types_supported is required, and there is no authorization endpoint here.
      const body = JSON.stringify({
        issuer,
        jwks_uri: jwksUri,
        response_types_supported: [],
        grant_types_supported: [],
      });
      return () => ({ headers: JSON_HEADERS, body });
    },
    resourceMetadata(listDemands, options = {}) {
      const describe = describeResource(resource, options);
      let body: string | undefined;
      return () => {
        body ??= JSON.stringify(describe(listDemands()));
        return { headers: JSON_HEADERS, body };
      };
    },
    metrics() {
      if (!metrics)
        throw new ConfigurationError('metrics', 'is false, so there is nothing to serve; leave the option out');
      return async () => {
        const registry = await metrics.registry();
        return {
          headers: { 'content-type': registry.contentType, 'cache-control': 'no-store' },
          body: await registry.metrics(),
        };
      };
    },
  };
}

function requireSigning(signing: Signing | undefined, what: string): Signing {
  if (signing) return signing;
  throw new ConfigurationError(
    'signing',
    `is missing, so there is no ${what} to publish; write signing: { issuer: 'https://orders.internal' }`,
  );
}

/** RFC 8414 section 2: a URL without query or fragment, below which our keys are found. */
function requireUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && !/[?#]/.test(text) && url.username === '') return text;
  throw new ConfigurationError(option, `must be an https URL without query or fragment, found ${quoteText(text)}`);
}
