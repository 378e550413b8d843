import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createGate } from 'countersign';
import { Countersign } from 'countersign/nest';
import { createTestIssuer, type TestIssuer } from 'countersign/testing';
import { AppModule } from './app.module';

describe('the application', () => {
  const records: { route?: string; decision: string; reason?: string }[] = [];
  let issuer: TestIssuer;
  let app: INestApplication;
  let origin: string;

  beforeAll(async () => {
    issuer = await createTestIssuer({ audience: 'api://orders' });
    const gate = createGate({
      service: 'order-service',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: { write: (line) => void records.push(JSON.parse(line)) } },
    });
    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Countersign)
      .useValue(new Countersign(gate))
      .compile();
    app = testing.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    origin = await app.getUrl();
  });

  afterAll(() => app.close());

  it('refuses who shows no token', async () => {
    const response = await fetch(`${origin}/orders/42`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="order-service"');
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('lets in who holds the permission, and nobody else', async () => {
    const permitted = await fetch(`${origin}/orders/42`, { headers: await issuer.headers({ scope: 'orders:read' }) });
    expect(permitted.status).toBe(200);
    expect(await permitted.json()).toEqual({ id: '42', caller: 'test-service', kind: 'service' });
    const refused = await fetch(`${origin}/orders/42`, { headers: await issuer.headers({ scope: 'orders:list' }) });
    expect(refused.status).toBe(403);
  });

  it('keeps closed what declares nothing', async () => {
    const headers = await issuer.headers({ scope: 'orders:read' });
    expect((await fetch(`${origin}/orders/forgotten`, { headers })).status).toBe(403);
  });

  it('lets everybody in where that is declared', async () => {
    expect(await (await fetch(`${origin}/orders`)).text()).toBe('Hello World!');
    expect((await fetch(`${origin}/health`)).status).toBe(200);
  });

  it('records all of it', () => {
    expect(records.map(({ route, decision, reason }) => [route, decision, reason])).toEqual([
      ['/orders/:id', 'deny', 'token_missing'],
      ['/orders/:id', 'permit', undefined],
      ['/orders/:id', 'deny', 'permission_missing'],
      ['/orders/forgotten', 'deny', 'route_undeclared'],
      ['/orders', 'permit', undefined],
      ['/health', 'permit', undefined],
    ]);
  });
});
