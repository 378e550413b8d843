import { type Chapter, permitted, refused, type Target } from './describe-call.js';
import type { Tokens } from './gather-tokens.js';
import { listForgeries, listMisuses, listOddities } from './list-hostile-calls.js';

const readPayment: Target = { service: 'payment-service', method: 'GET', path: '/payments/7' };
const readOrder: Target = { service: 'order-service', method: 'GET', path: '/orders/42' };

/** Every call that the driver makes, chapter by chapter. */
export function listCalls(tokens: Tokens): readonly Chapter[] {
  return [
    {
      title: 'public',
      target: { ...readPayment, path: '/health' },
      calls: [permitted('without a token'), permitted('with garbage, which is not even read here', 'garbage')],
    },
    {
      title: 'for a service that holds payments:read',
      target: readPayment,
      calls: [
        permitted('order-service, with a token that it minted', tokens.minted),
        refused('order-service, its token narrowed to less', tokens.narrowed, 403, 'permission_missing'),
      ],
    },
    { title: 'signed with a true key, and wrong all the same', target: readPayment, calls: listMisuses(tokens) },
    { title: 'forged', target: readPayment, calls: listForgeries(tokens) },
    { title: 'shown in an odd way', target: readPayment, calls: listOddities(tokens) },
    {
      title: 'for a service that holds payments:refund',
      target: { ...readPayment, method: 'POST', path: '/payments/7/refund' },
      calls: [
        refused('order-service claims it, and was never granted it', tokens.overreaching, 403, 'permission_missing'),
      ],
    },
    {
      title: 'no such route',
      target: { ...readPayment, path: '/refunds' },
      calls: [permitted('not found, and recorded like everything else', tokens.minted, 404)],
    },
    {
      title: 'for a service that holds orders:read',
      target: readOrder,
      calls: [
        permitted('web-shop, with a token of the OpenID provider', tokens.webShop),
        refused(
          'alice, a user: the same provider speaks for her too',
          tokens.byProvider.asUser,
          403,
          'caller_kind_refused',
        ),
      ],
    },
    {
      title: 'a handler that declares nothing, and so is closed',
      target: { ...readOrder, path: '/orders/42/history' },
      calls: [refused('web-shop, though its token is good', tokens.webShop, 403, 'route_undeclared')],
    },
    {
      title: 'for a service that holds metrics:read',
      target: { ...readOrder, path: '/metrics' },
      calls: [
        permitted('Prometheus, with a token of the OpenID provider', tokens.prometheusForOrders),
        refused('web-shop, which was never granted it', tokens.webShop, 403, 'permission_missing'),
      ],
    },
    {
      title: 'for a service that holds orders:pay',
      target: { ...readOrder, method: 'POST', path: '/orders/42/payment' },
      calls: [
        refused('web-shop, with a token for orders:read alone', tokens.webShopReadOnly, 403, 'permission_missing'),
        permitted('web-shop: orders calls payments, which calls orders', tokens.webShop, 201),
      ],
    },
  ];
}
