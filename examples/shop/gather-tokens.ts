import { forgeTokens } from './forge-tokens.js';
import { generateKey } from './generate-key.js';
import type { Shop } from './open-shop.js';
import { requestProviderToken } from './request-provider-token.js';

/** Every token that the driver will show. */
export type Tokens = Awaited<ReturnType<typeof gatherTokens>>;

/** Honest ones from the services and the provider; and what somebody inside, with a signing key, could make. */
export async function gatherTokens({ origins, keys, secrets, orderService }: Shop) {
  const { countersign, keyId } = orderService;
  const ask = (client: 'web-shop' | 'prometheus', resource: string, scope: string) =>
    requestProviderToken(origins.provider, { client, secret: secrets[client], resource, scope });
  return {
    minted: await countersign.mint({ audience: 'api://payments' }),
    forOrders: await countersign.mint({ audience: 'api://orders' }),
    narrowed: await countersign.mint({ audience: 'api://payments', permissions: ['payments:create'] }),
    overreaching: await countersign.mint({
      audience: 'api://payments',
      permissions: ['payments:read', 'payments:refund'],
    }),
    webShop: await ask('web-shop', 'api://orders', 'orders:read orders:pay'),
    webShopReadOnly: await ask('web-shop', 'api://orders', 'orders:read'),
    prometheus: await ask('prometheus', 'api://payments', 'metrics:read'),
    prometheusForOrders: await ask('prometheus', 'api://orders', 'metrics:read'),
    byOrderService: forgeTokens({
      issuer: origins.orders,
      service: 'order-service',
      audience: 'api://payments',
      keyId,
      privateKey: keys.orders.privateKey,
    }),
    byProvider: forgeTokens({
      issuer: origins.provider,
      service: 'web-shop',
      audience: 'api://orders',
      privateKey: keys.provider.privateKey,
    }),
    byWarehouse: forgeTokens({
      issuer: origins.warehouse,
      service: 'warehouse-service',
      audience: 'api://payments',
      privateKey: generateKey().privateKey,
    }),
  };
}
