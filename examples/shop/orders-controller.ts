import { Controller, Get, Headers, Inject, NotFoundException, Param, Post } from '@nestjs/common';
import type { Principal } from 'countersign';
import { Caller, RequirePermission } from 'countersign/nest';
import { forwardTrace } from './forward-trace.js';
import { PAY_ORDER, type PayOrder } from './pay-order.js';

const orderBook = new Map([['42', { id: '42', item: 'sentry box', cents: 129_900 }]]);

/** What can be done with an order, and by whom. */
@Controller('orders')
export class OrdersController {
  constructor(@Inject(PAY_ORDER) private readonly payOrder: PayOrder) {}

  @RequirePermission('orders:read', { kinds: ['service'] })
  @Get(':id')
  find(@Param('id') id: string): object {
    const order = orderBook.get(id);
    if (!order) throw new NotFoundException();
    return order;
  }

  @RequirePermission('orders:pay', { kinds: ['service'] })
  @Post(':id/payment')
  async pay(
    @Param('id') id: string,
    @Headers('traceparent') traceparent: string | undefined,
    @Caller() caller: Principal,
  ): Promise<object> {
    return { paidFor: caller.subject, payment: await this.payOrder(id, forwardTrace(traceparent)) };
  }

  /** Written in a hurry: nobody has said who may call it, so nobody may. */
  @Get(':id/history')
  history(): never {
    throw new Error('a closed handler was reached');
  }
}
