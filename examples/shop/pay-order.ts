import { BadGatewayException } from '@nestjs/common';
import type { Countersign } from 'countersign/nest';

/** Has an order paid, and returns the payment. */
export type PayOrder = (orderId: string, headers: Readonly<Record<string, string>>) => Promise<unknown>;

/** By which Nest injects it: a function type leaves no trace at run time. */
export const PAY_ORDER = Symbol('PayOrder');

/** The call to payment-service, each time with a fresh token of our own. */
export function composePayOrder(countersign: Countersign, origin: string): PayOrder {
  const payments = countersign.client({
    audience: 'api://payments',
    origins: [origin],
    permissions: ['payments:create'],
  });
  return async function payOrder(orderId, headers) {
    const answer = await payments(`${origin}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ orderId }),
    });
    if (!answer.ok) throw new BadGatewayException();
    return answer.json();
  };
}
