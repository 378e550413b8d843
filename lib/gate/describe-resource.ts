import type { DpopRules } from '../binding/read-binding.js';
import { ConfigurationError } from '../errors.js';
import { listAlgorithmNames } from '../jose/read-algorithms.js';
import { isGiven, readOptions } from '../options.js';
import {
  type ProofDemand,
  type Requirement,
  type SettledRequirement,
  settleRequirement,
} from '../policy/read-requirement.js';
import type { Issuer } from '../trust/issuer.js';
import { readPublicUrl } from './read-public-url.js';

/** Options of the metadata of a protected resource. */
export interface ResourceMetadataOptions {
  /**
   * The identifier under which clients know this service (RFC 9728 section 1.2). By default its public place; where there
   * is none, its audience, if that is one https URL.
   */
  readonly resource?: string;
}

/** What a gate can tell of itself as a protected resource. */
export interface ResourceFacts {
  readonly service: string;
  readonly audience: ReadonlySet<string>;
  /** The public origin, with the path that a gateway takes off. */
  readonly publicPlace: string | undefined;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly dpop: Pick<DpopRules, 'algorithms'> | undefined;
  readonly proof: ProofDemand;
  readonly takesCertificates: boolean;
}

/** What demands something: a route, or what stands before routes. */
export type Demands = Iterable<Requirement | SettledRequirement>;

const EXAMPLE = "'https://orders.example'";

/**
 * Metadata of a protected resource (RFC 9728 section 2), once it is known what its routes demand.
 *
 * @throws {ConfigurationError} where nothing says under which identifier clients know this service
 */
export function describeResource(facts: ResourceFacts, options: ResourceMetadataOptions): (demands: Demands) => object {
  const { service, issuers, dpop, proof, takesCertificates } = facts;
  const resource = readResource(facts, options);
  const servers = [...issuers.values()].filter((issuer) => issuer.service === undefined && !issuer.isTrustDomain);
  return (demands) => {
    const scopes = listPermissions(demands);
    return {
      resource,
      resource_name: service,
      // Section 3.2: a list of nothing is left out.
      ...(servers.length > 0 && { authorization_servers: servers.map(({ issuer }) => issuer) }),
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      bearer_methods_supported: ['header'],
      ...(dpop && { dpop_signing_alg_values_supported: listAlgorithmNames(dpop.algorithms) }),
      ...(dpop && proof === 'required' && !takesCertificates && { dpop_bound_access_tokens_required: true }),
      ...(takesCertificates && { tls_client_certificate_bound_access_tokens: true }),
    };
  };
}

function readResource({ publicPlace, audience }: ResourceFacts, options: ResourceMetadataOptions): string {
  const given = readOptions('resourceMetadata', options, ['resource']);
  if (isGiven(given, 'resource')) return readPublicUrl('resourceMetadata.resource', given.resource, EXAMPLE);
  if (publicPlace !== undefined) return readPublicUrl('publicOrigin', publicPlace, EXAMPLE);
  const [only = '', second] = audience;
  if (second === undefined && /^https:/i.test(only)) return readPublicUrl('audience', only, EXAMPLE);
  throw new ConfigurationError(
    'resourceMetadata.resource',
    `is missing, and no audience that is an https URL stands for it; write publicOrigin: ${EXAMPLE}, under which clients know this service`,
  );
}

function listPermissions(demands: Demands): readonly string[] {
  const settled = Array.from(demands, settleRequirement);
  return [...new Set(settled.flatMap(({ permissions, anyOf }) => [...permissions, ...anyOf]))].sort();
}
