import type { ReasonCode } from 'countersign';
import { FORGERY_KINDS, type ForgeryKind, type TestIssuer } from 'countersign/testing';

type Headers = readonly (readonly [string, string])[];

/** One hostile request, and how every adapter must answer it. */
export interface HostileRequest {
  readonly name: string;
  readonly headers: (issuer: TestIssuer) => Promise<Headers>;
  readonly query?: string;
  readonly reason: ReasonCode;
  readonly status: number;
  /** The `WWW-Authenticate` line; undefined: there is none. */
  readonly challenge: string | undefined;
}

const INVALID_TOKEN =
  'Bearer error="invalid_token", error_description="The access token is not valid for this request"';
const INVALID_REQUEST = 'Bearer error="invalid_request"';
const BARE = 'Bearer realm="order-service"';

const reasonsOfForgeries: Readonly<Record<ForgeryKind, ReasonCode>> = {
  expired: 'token_expired',
  'not-yet-valid': 'token_not_yet_valid',
  'issued-in-future': 'token_not_yet_valid',
  'over-long': 'token_lifetime_too_long',
  'wrong-audience': 'audience_mismatch',
  'wrong-issuer': 'issuer_untrusted',
  'no-audience': 'claim_missing',
  'no-expiry': 'claim_missing',
  'no-subject': 'claim_missing',
  'infinite-expiry': 'claim_invalid',
  'issuer-list': 'claim_invalid',
  'duplicate-member': 'token_malformed',
  'prototype-member': 'token_malformed',
  'not-an-object': 'token_malformed',
  'bound-to-a-key': 'binding_missing',
  'wrong-key': 'signature_invalid',
  'unknown-key': 'key_unknown',
  'wrong-type': 'token_type_refused',
  'no-type': 'token_type_refused',
  'unknown-extension': 'token_extension_refused',
  'key-in-header': 'signature_invalid',
  none: 'algorithm_refused',
  'hs256-public-key': 'algorithm_refused',
  'cut-signature': 'signature_invalid',
  'changed-claims': 'signature_invalid',
  'padded-signature': 'token_malformed',
  encrypted: 'token_malformed',
  'too-large': 'token_too_large',
  garbage: 'token_malformed',
};

const forgeries: readonly HostileRequest[] = FORGERY_KINDS.map((kind) => ({
  name: `a forged token: ${kind}`,
  headers: async (issuer) => [['authorization', `Bearer ${await issuer.forge(kind, { scope: 'orders:read' })}`]],
  reason: reasonsOfForgeries[kind],
  status: 401,
  challenge: INVALID_TOKEN,
}));

function malformed(name: string, value: (token: string) => string): HostileRequest {
  return {
    name,
    headers: async (issuer) => [['authorization', value(await issuer.sign({ scope: 'orders:read' }))]],
    reason: 'credential_malformed',
    status: 400,
    challenge: INVALID_REQUEST,
  };
}

function otherScheme(name: string, value: (token: string) => string): HostileRequest {
  return { ...malformed(name, value), reason: 'token_missing', status: 401, challenge: BARE };
}

/** The table: every adapter answers each with the same status, the same challenge and the same reason. */
export const hostileRequests: readonly HostileRequest[] = [
  { name: 'no credential', headers: async () => [], reason: 'token_missing', status: 401, challenge: BARE },
  otherScheme('another scheme', () => 'Basic YWxhZGRpbjpvcGVuc2VzYW1l'),
  otherScheme('a scheme of a later time', (token) => `DPoP ${token}`),
  otherScheme('a token without a scheme', (token) => token),
  malformed('an empty Authorization', () => ''),
  malformed('a scheme alone', () => 'Bearer'),
  malformed('something behind the token', (token) => `Bearer ${token} extra`),
  malformed('a tab before the token', (token) => `Bearer\t${token}`),
  malformed('two tokens in one field', (token) => `Bearer ${token}, Bearer ${token}`),
  malformed('a token in quotes', (token) => `Bearer "${token}"`),
  malformed('padding within the token', (token) => `Bearer ${token.replace('.', '=.')}`),
  {
    name: 'two Authorization fields',
    headers: async (issuer) => {
      const token = await issuer.sign({ scope: 'orders:read' });
      return [
        ['authorization', `Bearer ${token}`],
        ['Authorization', `Bearer ${token}`],
      ];
    },
    reason: 'credential_ambiguous',
    status: 400,
    challenge: INVALID_REQUEST,
  },
  {
    name: 'a second token in the query',
    headers: async (issuer) => [['authorization', `Bearer ${await issuer.sign({ scope: 'orders:read' })}`]],
    query: '?access_token=abc',
    reason: 'credential_ambiguous',
    status: 400,
    challenge: INVALID_REQUEST,
  },
  {
    name: 'a token in the query alone',
    headers: async () => [],
    query: '?access_token=abc',
    reason: 'token_missing',
    status: 401,
    challenge: BARE,
  },
  {
    name: 'a header of 15 KB',
    headers: async () => [['authorization', `Bearer ${'x'.repeat(15_000)}`]],
    reason: 'token_too_large',
    status: 401,
    challenge: INVALID_TOKEN,
  },
  {
    name: 'a missing permission',
    headers: async (issuer) => [['authorization', `Bearer ${await issuer.sign({ scope: 'orders:list' })}`]],
    reason: 'permission_missing',
    status: 403,
    challenge: 'Bearer error="insufficient_scope"',
  },
  {
    name: 'permissions named like members of a prototype',
    headers: async (issuer) => [
      [
        'authorization',
        `Bearer ${await issuer.sign({ sub: 'constructor', client_id: 'constructor', scope: 'toString hasOwnProperty' })}`,
      ],
    ],
    reason: 'permission_missing',
    status: 403,
    challenge: 'Bearer error="insufficient_scope"',
  },
  {
    name: 'a user where services alone may come in',
    headers: async (issuer) => [
      ['authorization', `Bearer ${await issuer.sign({ sub: 'alice', scope: 'orders:read' })}`],
    ],
    reason: 'caller_kind_refused',
    status: 403,
    challenge: undefined,
  },
  ...forgeries,
];
