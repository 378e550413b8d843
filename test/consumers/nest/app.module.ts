import { Controller, Get, Module, Param } from '@nestjs/common';
import type { Principal } from 'countersign';
import { Caller, CountersignModule, Public, RequirePermission } from 'countersign/nest';

@Controller('orders')
export class OrdersController {
  @Public('greets whoever comes by')
  @Get()
  greet(): string {
    return 'Hello World!';
  }

  @Get('forgotten')
  forgotten(): string {
    return 'nobody has said who may read this';
  }

  @RequirePermission('orders:read')
  @Get(':id')
  find(@Param('id') id: string, @Caller() caller: Principal): object {
    return { id, caller: caller.subject, kind: caller.kind };
  }
}

@Module({
  imports: [
    CountersignModule.forRoot({
      service: 'order-service',
      audience: 'api://orders',
      trust: [{ issuer: 'https://idp.example' }],
      endpoints: { health: '/health' },
    }),
  ],
  controllers: [OrdersController],
})
export class AppModule {}
