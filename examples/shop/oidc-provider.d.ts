/** As much of oidc-provider as is used here; the package brings no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  type Jwk = Readonly<Record<string, unknown>>;

  interface ClientMetadata {
    readonly client_id: string;
    readonly client_secret: string;
    readonly grant_types: readonly string[];
    readonly response_types: readonly string[];
    readonly redirect_uris: readonly string[];
    readonly scope: string;
  }

  interface ResourceServer {
    readonly audience: string;
    readonly scope: string;
    readonly accessTokenFormat: 'jwt' | 'opaque';
    readonly jwt: { readonly sign: { readonly alg: string } };
  }

  interface Adapter {
    upsert(id: string, payload: object, expiresIn: number): Promise<void>;
    find(id: string): Promise<object | undefined>;
    findByUid(uid: string): Promise<object | undefined>;
    findByUserCode(userCode: string): Promise<object | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  interface Configuration {
    readonly adapter: (model: string) => Adapter;
    readonly jwks: { readonly keys: readonly Jwk[] };
    readonly clients: readonly ClientMetadata[];
    readonly clientDefaults: { readonly id_token_signed_response_alg: string };
    readonly scopes: readonly string[];
    readonly responseTypes: readonly string[];
    readonly cookies: { readonly keys: readonly string[] };
    readonly ttl: { readonly ClientCredentials: number };
    readonly features: {
      readonly devInteractions: { readonly enabled: boolean };
      readonly clientCredentials: { readonly enabled: boolean };
      readonly resourceIndicators: {
        readonly enabled: boolean;
        getResourceServerInfo(context: object, resource: string): ResourceServer;
      };
    };
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): RequestListener;
  }

  export const errors: { readonly InvalidTarget: new () => Error };
}
