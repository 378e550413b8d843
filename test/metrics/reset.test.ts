import { expect, it } from '@jest/globals';
import { createGate } from 'countersign';
import { createTestIssuer } from 'countersign/testing';
import { Registry } from 'prom-client';

it('figures go on being counted after the registry was reset', async () => {
  const idp = await createTestIssuer({ audience: 'api://orders' });
  const registry = new Registry();
  const accessLog = { destination: { write() {} } };
  const gate = createGate({
    service: 's',
    audience: 'api://orders',
    trust: idp.trust,
    accessLog,
    metrics: { registry },
  });
  const token = await idp.sign();
  async function serve(): Promise<void> {
    const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
    const attempt = await gate.enforce({ source: {}, method: 'GET', target: '/', header }, {});
    attempt.finish({ statusCode: 200, route: '/' });
  }
  const counted = async () =>
    (await registry.metrics())
      .split('\n')
      .filter((line) =>
        /^countersign_(decisions_total|token_verifications_total|request_duration_seconds_count)/.test(line),
      )
      .map((line) => line.split(' ').at(-1));
  await serve();
  await serve();
  expect(await counted()).toEqual(['2', '2', '2']);
  registry.resetMetrics();
  expect(await counted()).toEqual(['0', '0', '0']);
  await serve();
  expect(await counted()).toEqual(['1', '1', '1']);
});
