import { bearer, type Call, refused, refusedField } from './describe-call.js';
import type { Tokens } from './gather-tokens.js';

/** What an insider could sign, who has the true key of order-service; and honest tokens in the wrong place. */
export function listMisuses({ byOrderService, forOrders, webShop }: Tokens): readonly Call[] {
  return [
    refused('expired five minutes ago', byOrderService.expired, 401, 'token_expired'),
    refused('valid in an hour', byOrderService.notYetValid, 401, 'token_not_yet_valid'),
    refused('valid for a week', byOrderService.longLived, 401, 'token_lifetime_too_long'),
    refused('meant for order-service', forOrders, 401, 'audience_mismatch'),
    refused('the provider’s token for orders, carried on', webShop, 401, 'audience_mismatch'),
    refused('order-service says that it is somebody else', byOrderService.inAnothersName, 401, 'claim_invalid'),
    refused('a JWT, but no access token (typ)', byOrderService.ofAnotherType, 401, 'token_type_refused'),
  ];
}

/** What anybody could make, who has seen a token and the public keys. */
export function listForgeries({ byOrderService }: Tokens): readonly Call[] {
  return [
    refused('garbage', 'garbage', 401, 'token_malformed'),
    refused('of an issuer that nobody knows', byOrderService.unknownIssuer, 401, 'issuer_untrusted'),
    refused('signed with another key, under a true key’s name', byOrderService.byAnotherKey, 401, 'signature_invalid'),
    refused('signed with another key, under a name of its own', byOrderService.byUnknownKey, 401, 'key_unknown'),
    refused('claims changed after it was signed', byOrderService.changed, 401, 'signature_invalid'),
    refused('not signed at all (alg none)', byOrderService.unsigned, 401, 'algorithm_refused'),
    refused('HS256, with the public key as the secret', byOrderService.hs256, 401, 'algorithm_refused'),
  ];
}

/** Where the trouble is not in the token. */
export function listOddities({ minted, byWarehouse }: Tokens): readonly Call[] {
  const query = `?access_token=${minted}`;
  return [
    refusedField('no token', [], 401, 'token_missing'),
    refusedField('a password (Basic)', ['Basic b3JkZXJzOnNlY3JldA=='], 401, 'token_missing'),
    refusedField('a token in the query alone, where it is never read', [], 401, 'token_missing', query),
    refusedField('a token in the field, and one in the query', [bearer(minted)], 400, 'credential_ambiguous', query),
    refusedField('two Authorization fields', [bearer(minted), bearer(minted)], 400, 'credential_ambiguous'),
    refused('warehouse-service, whose keys are out of reach', byWarehouse.honest, 503, 'keys_unavailable'),
  ];
}
