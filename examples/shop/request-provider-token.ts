import type { ClientName } from './create-provider.js';

/** Who asks the provider, and for what. */
export interface TokenRequest {
  readonly client: ClientName;
  readonly secret: string;
  /** The API that the token is for (RFC 8707). */
  readonly resource: string;
  readonly scope: string;
}

/** An access token by the client credentials grant (RFC 6749 section 4.4). */
export async function requestProviderToken(issuer: string, request: TokenRequest): Promise<string> {
  const { client, secret, resource, scope } = request;
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
  });
  const answer = (await response.json()) as { readonly access_token?: string };
  if (answer.access_token === undefined) throw new Error(`the provider answered ${response.status} to ${client}`);
  return answer.access_token;
}
