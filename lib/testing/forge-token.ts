import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { signBytes } from '../jose/sign-bytes.js';

/** What a forger has to work with. */
export interface ForgeContext {
  readonly privateKey: KeyObject;
  readonly keyId: string;
  readonly now: number;
  /** Claims that would make an accepted token. */
  readonly honest: Readonly<Record<string, unknown>>;
}

type Claims = Readonly<Record<string, unknown>>;
type Forge = (context: ForgeContext) => string;

/** Every hostile kind of token, and how it is made. Each differs from an honest one in the one thing that its name says. */
const forgeries = {
  expired: withClaims(({ now }) => ({ iat: now - 600, exp: now - 300 })),
  'not-yet-valid': withClaims(({ now }) => ({ nbf: now + 120 })),
  'issued-in-future': withClaims(({ now }) => ({ iat: now + 120, exp: now + 420 })),
  'over-long': withClaims(({ now }) => ({ iat: now, exp: now + 315_360_000 })),
  'wrong-audience': withClaims(() => ({ aud: 'api://somebody-else' })),
  'wrong-issuer': withClaims(() => ({ iss: 'https://forger.example' })),
  'no-audience': withClaims(() => ({ aud: undefined })),
  'no-expiry': withClaims(() => ({ exp: undefined })),
  'no-subject': withClaims(() => ({ sub: undefined })),
  'infinite-expiry': (context) =>
    signText(context, JSON.stringify({ ...context.honest, exp: 'INFINITY' }).replace('"INFINITY"', '1e400')),
  'issuer-list': withClaims(({ honest }) => ({ iss: [honest['iss']] })),
  'duplicate-member': (context) =>
    signText(context, JSON.stringify(context.honest).replace('{', '{"sub":"somebody-else",')),
  'prototype-member': (context) =>
    signText(context, JSON.stringify(context.honest).replace('{', '{"__proto__":{"admin":true},')),
  'not-an-object': (context) => signText(context, JSON.stringify([context.honest])),
  'bound-to-a-key': withClaims(() => ({ cnf: { jkt: randomBytes(32).toString('base64url') } })),
  'wrong-key': (context) =>
    sign({ ...context, privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }, {}),
  'unknown-key': (context) =>
    sign({ ...context, privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }, { kid: 'unknown' }),
  'wrong-type': (context) => sign(context, { typ: 'JWT' }),
  'no-type': (context) => sign(context, { typ: undefined }),
  'unknown-extension': (context) => sign(context, { crit: ['exp2'], exp2: 1 }),
  'key-in-header': forgeKeyInHeader,
  none: (context) => `${compose(context, { alg: 'none' })}.`,
  'hs256-public-key': forgeHs256,
  'cut-signature': forgeCutSignature,
  'changed-claims': forgeChangedClaims,
  'padded-signature': (context) => `${sign(context, {})}==`,
  encrypted: (context) => `${sign(context, {})}.AAAA.AAAA`,
  'too-large': (context) => sign({ ...context, honest: { ...context.honest, padding: 'x'.repeat(9000) } }, {}),
  garbage: () => 'garbage',
} satisfies Readonly<Record<string, Forge>>;

/** The name of a hostile kind of token. */
export type ForgeryKind = keyof typeof forgeries;

/** Every hostile kind, to run a service against all of them. */
export const FORGERY_KINDS = Object.freeze(Object.keys(forgeries) as ForgeryKind[]);

/** A hostile token of the kind. */
export function forgeToken(kind: ForgeryKind, context: ForgeContext): string {
  const forge: Forge | undefined = Object.hasOwn(forgeries, kind) ? forgeries[kind] : undefined;
  if (!forge)
    throw new TypeError(`countersign: ${String(kind)} is no kind of forgery; known: ${FORGERY_KINDS.join(', ')}`);
  return forge(context);
}

/** An honest token, or one whose header was tampered with before it was signed. */
export function sign(context: ForgeContext, header: Claims): string {
  const input = compose(context, header);
  return `${input}.${signBytes('ES256', context.privateKey, Buffer.from(input)).toString('base64url')}`;
}

function withClaims(change: (context: ForgeContext) => Claims): Forge {
  return (context) => sign({ ...context, honest: { ...context.honest, ...change(context) } }, {});
}

function compose({ keyId, honest }: ForgeContext, header: Claims): string {
  return `${encode(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: keyId, ...header }))}.${encode(JSON.stringify(honest))}`;
}

/** Signs a payload that no object could be turned into. */
function signText({ privateKey, keyId }: ForgeContext, payload: string): string {
  const input = `${encode(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: keyId }))}.${encode(payload)}`;
  return `${input}.${signBytes('ES256', privateKey, Buffer.from(input)).toString('base64url')}`;
}

function forgeHs256(context: ForgeContext): string {
  const input = compose(context, { alg: 'HS256' });
  const publicText = createPublicKey(context.privateKey).export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', publicText).update(input).digest('base64url')}`;
}

function forgeKeyInHeader(context: ForgeContext): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return sign({ ...context, privateKey }, { jwk: publicKey.export({ format: 'jwk' }) });
}

function forgeCutSignature(context: ForgeContext): string {
  const [header, payload, signature = ''] = sign(context, {}).split('.');
  return `${header}.${payload}.${Buffer.from(signature, 'base64url').subarray(0, -1).toString('base64url')}`;
}

function forgeChangedClaims(context: ForgeContext): string {
  const [header, , signature] = sign(context, {}).split('.');
  return `${header}.${encode(JSON.stringify({ ...context.honest, scope: 'everything' }))}.${signature}`;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
