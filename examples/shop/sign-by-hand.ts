import { createHmac, type KeyObject, sign } from 'node:crypto';

type Members = Readonly<Record<string, unknown>>;

/** A compact JWS with an ES256 signature, whatever its header says: nothing here asks whether that is wise. */
export function signByHand(header: Members, claims: Members, privateKey: KeyObject): string {
  const input = composeInput(header, claims);
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** The same with a secret in place of a key pair. */
export function signWithSecret(header: Members, claims: Members, secret: string | Buffer): string {
  const input = composeInput(header, claims);
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** The same with no signature at all. */
export function leaveUnsigned(header: Members, claims: Members): string {
  return `${composeInput(header, claims)}.`;
}

/** The same token with other claims under its old signature. */
export function swapClaims(token: string, claims: Members): string {
  const [header, , signature] = token.split('.');
  return `${header}.${encode(claims)}.${signature}`;
}

function composeInput(header: Members, claims: Members): string {
  return `${encode(header)}.${encode(claims)}`;
}

function encode(members: Members): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url');
}
