import { randomBytes } from 'node:crypto';
import { type Adapter, errors, Provider } from 'oidc-provider';

/** What each API lets be asked for. */
const resources: Readonly<Record<string, readonly string[]>> = {
  'api://orders': ['orders:read', 'orders:pay', 'metrics:read'],
  'api://payments': ['metrics:read'],
};

/** Who may ask for what. */
const clients = {
  'web-shop': ['orders:read', 'orders:pay'],
  prometheus: ['metrics:read'],
} as const;

/** The name of a client of the provider. */
export type ClientName = keyof typeof clients;

const LIFETIME_SECONDS = 600;

/**
 * A real OpenID provider, for clients alone: client credentials in, a JWT access token (RFC 9068) for one API out. It
 * publishes all of its keys, and signs with the first.
 */
export function createProvider(issuer: string, ...keys: readonly Readonly<Record<string, unknown>>[]) {
  const names = Object.keys(clients) as ClientName[];
  const secrets = Object.fromEntries(names.map((name) => [name, randomBytes(24).toString('hex')]));
  const provider = new Provider(issuer, {
    adapter: () => keepNothing,
    jwks: { keys: keys.map((jwk) => ({ ...jwk, use: 'sig', alg: 'ES256' })) },
    clients: names.map((name) => ({
      client_id: name,
      client_secret: String(secrets[name]),
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: clients[name].join(' '),
    })),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: [...new Set(Object.values(resources).flat())],
    responseTypes: [],
    cookies: { keys: [randomBytes(32).toString('hex')] },
    ttl: { ClientCredentials: LIFETIME_SECONDS },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: (_context, resource) => describeResource(resource) },
    },
  });
  return { provider, secrets: secrets as Readonly<Record<ClientName, string>> };
}

function describeResource(audience: string) {
  const scopes = resources[audience];
  if (!scopes) throw new errors.InvalidTarget();
  return { audience, scope: scopes.join(' '), accessTokenFormat: 'jwt' as const, jwt: { sign: { alg: 'ES256' } } };
}

/** Nothing has to be kept: a JWT access token stands for itself, and the clients are written above. */
const keepNothing: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};
