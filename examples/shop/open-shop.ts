import { createProvider } from './create-provider.js';
import { generateKey } from './generate-key.js';
import { keepRecords } from './keep-records.js';
import { openServer } from './open-server.js';
import { openOrderService } from './order-service.js';
import { createPaymentService } from './payment-service.js';

/** Everything that runs. */
export type Shop = Awaited<ReturnType<typeof openShop>>;

/** Ports, keys, the provider, and then the two services, which know each other's origin and trust no more than that. */
export async function openShop() {
  const [orders, payments, provider, warehouse] = await Promise.all([
    openServer(),
    openServer(),
    openServer(),
    openServer(),
  ]);
  await warehouse.close(); // a service that is trusted, and out of order today
  const origins = {
    orders: orders.origin,
    payments: payments.origin,
    provider: provider.origin,
    warehouse: warehouse.origin,
  };
  const keys = { orders: generateKey(), payments: generateKey(), provider: generateKey() };
  const records = keepRecords();

  const idp = createProvider(origins.provider, keys.provider.jwk);
  const orderService = await openOrderService({ origins, jwk: keys.orders.jwk, destination: records });
  const paymentService = createPaymentService({ origins, jwk: keys.payments.jwk, destination: records });
  provider.answerWith(idp.provider.callback());
  orders.answerWith(orderService.listener);
  payments.answerWith(paymentService.app);

  return {
    origins,
    keys,
    records,
    orderService,
    secrets: idp.secrets,
    async close() {
      await Promise.all([orders.close(), payments.close(), provider.close()]);
      await Promise.all([orderService.close(), paymentService.gate.close()]);
    },
  };
}
