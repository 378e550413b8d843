import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CallerRequirement, Fetch, GateOptions, Principal } from 'countersign';
import {
  AccessRefused,
  Caller,
  Countersign,
  CountersignGuard,
  CountersignModule,
  type Endpoints,
  type ModuleExtras,
  Public,
  Require,
  RequireAuthenticated,
  type RequirementDecorator,
  RequirePermission,
} from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';

const servicesAlone: CallerRequirement = { anyOf: ['orders:read', 'orders:write'], kinds: ['service'] };
const Readers = (): RequirementDecorator => RequirePermission(['orders:read', 'orders:list'], { kinds: ['user'] });

@RequireAuthenticated()
@Controller('orders')
class OrdersController {
  @Require(servicesAlone)
  @Get()
  list(@Caller() caller: Principal): boolean {
    return caller.permissions.has('orders:write');
  }

  @Readers()
  @UseGuards(CountersignGuard)
  @Get(':id')
  find(): string {
    throw new Error('not yet');
  }

  @Public('says nothing of ours')
  @Get('version')
  version(): number {
    return 1;
  }
}

@Controller('theirs')
class TheirController {}

@Injectable()
class Payments {
  readonly fetch: Fetch;

  constructor(private readonly countersign: Countersign) {
    this.fetch = countersign.client({ audience: 'api://payments', origins: ['https://payments.internal'] });
  }

  mint(): Promise<string> {
    return this.countersign.mint({ audience: 'api://payments' });
  }
}

const endpoints: Endpoints = { metrics: '/metrics', jwks: '/jwks', metadata: '/metadata', health: '/health' };
const extras: ModuleExtras = {
  endpoints,
  undeclaredRoutes: 'refuse-start',
  declare: [{ controller: TheirController, requirement: { public: 'theirs' } }],
};
const options: GateOptions = {
  service: 'order-service',
  audience: 'api://orders',
  trust: [{ issuer: 'https://idp.example' }],
};

class OptionsFactory {
  async create(): Promise<GateOptions> {
    return { ...options, trust: (await createTestIssuer()).trust };
  }
}

@Module({
  imports: [CountersignModule.forRoot({ ...options, ...extras })],
  controllers: [OrdersController],
  providers: [Payments],
})
export class AppModule {}

export const others = [
  CountersignModule.forRootAsync({
    inject: ['CONFIG'],
    useFactory: (audience: string) => ({ ...options, audience }),
    ...extras,
  }),
  CountersignModule.forRootAsync({ useClass: OptionsFactory }),
  CountersignModule.forRootAsync({ useExisting: OptionsFactory }),
];

export async function serve(): Promise<number> {
  const app = await NestFactory.create(AppModule);
  const ready: { readonly ready: boolean } = await app.get(Countersign).gate.ready();
  const refused = (error: unknown) => (error instanceof AccessRefused ? error.getStatus() : 500);
  return ready.ready ? 200 : refused(new Error());
}
