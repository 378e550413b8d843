import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A signing key: as a JWK for who uses it, as it is for who forges with it. */
export interface GeneratedKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
}

/** A fresh key for ES256. A real service reads its own from a secret store. */
export function generateKey(): GeneratedKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { jwk: { ...privateKey.export({ format: 'jwk' }) }, privateKey };
}
