import { Controller, Get } from '@nestjs/common';
import type { GateOptions, Principal } from 'countersign';
import { Caller, CountersignModule, Public, Require, RequireAuthenticated, RequirePermission } from 'countersign/nest';

const options: GateOptions = {
  service: 'order-service',
  audience: 'api://orders',
  trust: [{ issuer: 'https://idp.example' }],
};

// @ts-expect-error the audience has no default
CountersignModule.forRoot({ service: 'order-service', trust: options.trust });
// @ts-expect-error an unset environment variable is no audience
CountersignModule.forRoot({ ...options, audience: process.env['AUDIENCE'] });
// @ts-expect-error an option that doesn't exist
CountersignModule.forRoot({ ...options, clockTolerance: 5 });
// @ts-expect-error handlers that declare nothing are never open
CountersignModule.forRoot({ ...options, undeclaredRoutes: 'open' });
// @ts-expect-error an endpoint that doesn't exist
CountersignModule.forRoot({ ...options, endpoints: { swagger: '/docs' } });
// @ts-expect-error a controller is a class
CountersignModule.forRoot({ ...options, declare: [{ controller: 'TheirController', requirement: {} }] });
// @ts-expect-error a factory returns the gate's options
CountersignModule.forRootAsync({ useFactory: () => ({ audience: 'api://orders' }) });

// @ts-expect-error a public handler says why
Public();
// @ts-expect-error a requirement that demands nothing that exists
Require({ permission: 'orders:read' });
// @ts-expect-error what is public is declared by @Public(why)
Require({ public: 'liveness probe' });
// @ts-expect-error no such kind of caller
RequirePermission('orders:read', { kinds: ['robot'] });
// @ts-expect-error which permission?
RequirePermission();
// @ts-expect-error every verified caller, whatever it holds
RequireAuthenticated('orders:read');

@Controller('orders')
export class OrdersController {
  // @ts-expect-error a requirement is declared on a class or a method
  @RequirePermission('orders:read')
  readonly orders: string[] = [];

  @RequireAuthenticated()
  @Get()
  // @ts-expect-error a requirement is no parameter
  list(@RequirePermission('orders:read') name: string): string {
    return name;
  }

  // @ts-expect-error a decorator is called
  @Public
  @Get('health')
  health(@Caller() caller: Principal): void {
    // @ts-expect-error the caller is for reading
    caller.permissions.add('everything');
  }
}
