import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { GateOptions } from 'countersign';
import { CountersignModule, type Endpoints, Public, Require, RequirePermission } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const PATH = '/.well-known/oauth-protected-resource';
const issuer = await createTestIssuer({ audience: 'api://orders' });

@RequirePermission('orders:read')
@Controller('orders')
class OrdersController {
  @Get()
  list(): string {
    return 'listed';
  }

  @Require({ permissions: 'orders:pay', anyOf: ['cards:use', 'orders:read'] })
  @Post()
  pay(): string {
    return 'paid';
  }

  @Public('test')
  @Get('public')
  tell(): string {
    return 'told';
  }

  @RequirePermission('orders:of-messages')
  @MessagePattern('orders')
  message(): string {
    return 'heard';
  }
}

/** A controller of another package. */
@Controller('foreign')
class ForeignController {
  @Get()
  get(): string {
    return 'foreign';
  }
}

describe.each(nestPlatforms)('metadata of a protected resource, Nest on %s', (_platform, makeAdapter) => {
  const start = (endpoints: Endpoints, more: Partial<GateOptions> = {}) =>
    startNest(
      makeAdapter,
      {
        imports: [
          CountersignModule.forRoot({
            service: 'order-service',
            audience: 'api://orders',
            trust: issuer.trust,
            publicOrigin: 'https://orders.example',
            dpop: { algorithms: ['ES256'] },
            accessLog: { destination: { write() {} } },
            ...more,
            endpoints,
            declare: [{ controller: ForeignController, requirement: { permissions: 'foreign:read' } }],
          }),
        ],
        controllers: [OrdersController, ForeignController],
      },
      (app) => app.setGlobalPrefix('api'),
    );

  it('tells clients what the handlers demand, outside of the global prefix', async () => {
    const base = await start({ resourceMetadata: PATH, metrics: '/metrics' });
    const { status, headers, body } = await sendRequest(base, PATH);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/json',
      'public, max-age=300',
    ]);
    expect(JSON.parse(body)).toEqual({
      resource: 'https://orders.example',
      resource_name: 'order-service',
      authorization_servers: ['https://issuer.test'],
      scopes_supported: ['cards:use', 'foreign:read', 'metrics:read', 'orders:pay', 'orders:read'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256'],
    });
  });

  it('is named by challenges, where that is wanted', async () => {
    const url = `https://orders.example${PATH}`;
    const base = await start({ resourceMetadata: PATH }, { challenge: { resourceMetadata: url } });
    const { lines } = await sendRequest(base, '/api/orders');
    expect(lines('www-authenticate')).toEqual([
      `DPoP algs="ES256", resource_metadata="${url}"`,
      `Bearer realm="order-service", resource_metadata="${url}"`,
    ]);
  });

  it('needs an identifier', async () => {
    const nameless = CountersignModule.forRoot({
      service: 'order-service',
      audience: 'api://orders',
      trust: issuer.trust,
      endpoints: { resourceMetadata: PATH },
    });
    await expect(startNest(makeAdapter, { imports: [nameless] })).rejects.toThrow(/write publicOrigin: 'https:/);
  });
});
