import { ConfigurationError } from '../errors.js';
import { parseSpiffeId } from '../identity/parse-spiffe-id.js';
import { NO_PERMISSIONS, unitePermissions } from '../identity/seal-permissions.js';
import { quoteText, readEntries } from '../options.js';
import { type Granted, type GrantSettings, readGrants } from './read-grants.js';

interface WorkloadGrant {
  readonly matches: (path: string) => boolean;
  readonly granted: Granted;
}

/** What a workload was granted by several of them, and what that came to. */
interface United {
  readonly parts: readonly ReadonlySet<string>[];
  readonly permissions: ReadonlySet<string>;
}

const MAX_UNITED = 1000;

const EXAMPLE = "{ 'spiffe://example.org/ns/shop/sa/orders': ['orders:read'], '/ns/:ns/sa/billing': ['orders:read'] }";

/** Permissions of the workloads of a trust domain: all that the grants whose name or pattern is theirs have. */
export function grantToWorkloads(
  option: string,
  value: unknown,
  { trustDomain, ...settings }: GrantSettings & { readonly trustDomain: string },
): (workload: string) => ReadonlySet<string> {
  const table = readEntries(option, value, { what: 'an object of SPIFFE IDs or path patterns', example: EXAMPLE });
  const grants: readonly WorkloadGrant[] = table.map(([name, permissions]) => {
    const at = `${option}[${quoteText(name)}]`;
    return { matches: readMatcher(at, name, trustDomain), granted: readGrants(at, permissions, settings) };
  });
  const united = new Map<string, United>();
  return function grantToWorkload(workload) {
    const { path } = parseSpiffeId(workload);
    const parts = grants.flatMap(({ matches, granted }) => (matches(path) ? [granted()] : []));
    const [only, second] = parts;
    if (!second) return only ?? NO_PERMISSIONS;
    const earlier = united.get(workload);
    if (earlier?.parts.length === parts.length && earlier.parts.every((part, at) => part === parts[at])) {
      return earlier.permissions;
    }
    if (united.size >= MAX_UNITED) united.clear();
    const permissions = unitePermissions(parts);
    united.set(workload, { parts, permissions });
    return permissions;
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
