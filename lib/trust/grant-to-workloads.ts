import { ConfigurationError } from '../errors.js';
import { parseSpiffeId } from '../identity/parse-spiffe-id.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { quoteText, readEntries } from '../options.js';

interface WorkloadGrant {
  readonly matches: (path: string) => boolean;
  readonly permissions: ReadonlySet<string>;
}

const EXAMPLE = "{ 'spiffe://example.org/ns/shop/sa/orders': ['orders:read'], '/ns/:ns/sa/billing': ['orders:read'] }";

/** Permissions of the workloads of a trust domain: all that the grants whose name or pattern is theirs have. */
export function grantToWorkloads(
  option: string,
  value: unknown,
  trustDomain: string,
): (workload: string) => Iterable<string> {
  const table = readEntries(option, value, { what: 'an object of SPIFFE IDs or path patterns', example: EXAMPLE });
  const grants: readonly WorkloadGrant[] = table.map(([name, permissions]) => {
    const at = `${option}[${quoteText(name)}]`;
    return { matches: readMatcher(at, name, trustDomain), permissions: readPermissionNames(at, permissions) };
  });
  return function grantToWorkload(workload) {
    const { path } = parseSpiffeId(workload);
    return grants.flatMap(({ matches, permissions }) => (matches(path) ? [...permissions] : []));
  };
}

/** A whole ID, or a path of whole segments: `:name` is any one segment, a last `*` one or more. */
function readMatcher(option: string, name: string, trustDomain: string): WorkloadGrant['matches'] {
  if (!name.startsWith('/')) {
    const id = readId(option, name);
    if (id.trustDomain !== trustDomain) {
      throw new ConfigurationError(option, `is of another trust domain than ${quoteText(trustDomain)}`);
    }
    if (id.path === '') {
      throw new ConfigurationError(option, "is the trust domain itself, and no workload; write '/*' for all of them");
    }
    return (path) => path === id.path;
  }
  const segments = name.slice(1).split('/');
  const isPrefix = segments.at(-1) === '*';
  const pattern = isPrefix ? segments.slice(0, -1) : segments;
  if (!pattern.every((segment) => /^(?::[A-Za-z]\w*|(?!\.{1,2}$)[A-Za-z0-9._-]+)$/.test(segment))) {
    throw new ConfigurationError(
      option,
      "is no path pattern: its segments are names, ':name' for any one, or a last '*' for all that follow",
    );
  }
  return (path) => {
    const given = path.slice(1).split('/');
    const hasLength = isPrefix ? given.length > pattern.length : given.length === pattern.length;
    return hasLength && pattern.every((segment, at) => segment.startsWith(':') || segment === given[at]);
  };
}

function readId(option: string, name: string): { readonly trustDomain: string; readonly path: string } {
  try {
    return parseSpiffeId(name);
  } catch (cause) {
    throw new ConfigurationError(option, 'is neither a SPIFFE ID nor a path pattern that starts with /', { cause });
  }
}
