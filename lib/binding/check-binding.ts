import { AccessDenied } from '../errors.js';
import type { Confirmation } from '../identity/principal.js';

/**
 * Whether the sender is the one that the token was made for. A token without `cnf` is anybody's who holds it; one that
 * is bound (RFC 7800, RFC 8705, RFC 9449) and comes without its proof is a token that somebody else holds.
 *
 * @returns true: possession was proved; false: nothing had to be
 * @throws {AccessDenied} `binding_missing`
 */
export function checkBinding(confirmation: Confirmation | undefined): boolean {
  if (confirmation === undefined) return false;
  throw new AccessDenied('binding_missing', 'the token is bound to a key, and no proof of it came along');
}
