import { createHash } from 'node:crypto';
import type { JWK } from './import-public-key.js';

/** The members that make a key what it is, in the order of RFC 7638 section 3.2 (RFC 8037 section 2 for OKP). */
const REQUIRED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/** The SHA-256 thumbprint of a public key (RFC 7638): the same for every copy of the key, whoever computes it. */
export function computeThumbprint(jwk: JWK): string {
  const members = REQUIRED_MEMBERS[String(jwk.kty)];
  if (!members) throw new Error('no thumbprint is defined for a key of this type');
  const required = Object.fromEntries(members.map((member) => [member, jwk[member]]));
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
