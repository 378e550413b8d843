import { ConfigurationError } from '../errors.js';
import { quoteText, readList } from '../options.js';

/** RFC 6749 section 3.3: a permission must be able to stand in a `scope`, in a token as in a challenge. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Names of permissions out of options.
 *
 * @throws {ConfigurationError} for anything but a list of scope tokens
 */
export function readPermissionNames(option: string, value: unknown): ReadonlySet<string> {
  const names = readList(option, value, "['orders:read']");
  for (const name of names) {
    if (!SCOPE_TOKEN.test(name)) {
      throw new ConfigurationError(
        option,
        `holds ${quoteText(name)}, which is no scope token (RFC 6749 section 3.3): no spaces, quotes or backslashes`,
      );
    }
  }
  return new Set(names);
}
