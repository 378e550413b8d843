import { isGiven, readOptionalSwitch, readOptions } from '../options.js';
import { readPublicUrl } from './read-public-url.js';

/** What challenges tell beside what they must. */
export interface ChallengeOptions {
  /** Whether a 403 names the permissions that would have done (`scope`, RFC 6750 section 3.1); false by default. */
  readonly nameScopes?: boolean;
  /** Where our metadata is served: each 401 says so (RFC 9728 section 5.1). Left out: none does. */
  readonly resourceMetadata?: string;
}

const EXAMPLE = "'https://orders.example/.well-known/oauth-protected-resource'";

/** The `challenge` option, checked. */
export function readChallengeOption(value: unknown) {
  const given = readOptions('challenge', value, ['nameScopes', 'resourceMetadata']);
  return {
    nameScopes: readOptionalSwitch('challenge.nameScopes', given, 'nameScopes'),
    resourceMetadata: isGiven(given, 'resourceMetadata')
      ? readPublicUrl('challenge.resourceMetadata', given.resourceMetadata, EXAMPLE)
      : undefined,
  };
}
