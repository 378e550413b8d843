import { Controller, Get, Param } from '@nestjs/common';

/** The controller that every Nest server has, its one handler decorated as TypeScript would compile it. */
export function declareOrders(...decorators) {
  class OrdersController {
    find(id) {
      return { id, state: 'paid', items: 3 };
    }
  }
  const { prototype } = OrdersController;
  Param('id')(prototype, 'find', 0);
  for (const decorate of [Get(':id'), ...decorators]) {
    decorate(prototype, 'find', Object.getOwnPropertyDescriptor(prototype, 'find'));
  }
  Controller('orders')(OrdersController);
  return OrdersController;
}
