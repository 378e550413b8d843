import { afterAll, describe, expect, it } from '@jest/globals';
import { createGate, type NetworkSignalOptions, networkSignal } from 'countersign';
import { optionRefused } from '../support/option-refused.js';
import { ask, from, issuer, openRiskService } from '../support/risk-service.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

async function start(options: NetworkSignalOptions) {
  const { app, log } = openRiskService({ signals: [networkSignal(options)] });
  const base = await startServer(app);
  return (address: string) => ask(base, log, { headers: [from(address)] });
}

const trusted = ['10.0.0.0/8', '192.168.7.7', '2001:db8::/32', '2001:db9::7'];

describe('the network that a request comes from', () => {
  it.each([
    '10.0.0.0',
    '10.255.255.255',
    '::ffff:10.1.2.3',
    '::ffff:a01:203',
    '192.168.7.7',
    '2001:db8::1',
    '2001:DB8:ffff::',
    '2001:db9::7',
  ])('is trusted: %s', async (address) => {
    const { told, record } = await (await start({ trusted }))(address);
    expect(told).toEqual([200, 'permit']);
    expect(record.risk).toEqual({
      level: 'low',
      score: 0,
      signals: [{ name: 'network', score: 0, reason: 'came from a trusted network' }],
    });
  });

  it.each([
    ['9.255.255.255', 'came from another network'],
    ['11.0.0.0', 'came from another network'],
    ['192.168.7.8', 'came from another network'],
    ['::a00:1', 'came from another network'],
    ['2001:db9::8', 'came from another network'],
    ['fe80::1%eth0', 'came from another network'],
    ['010.0.0.1', 'came from an address that nobody knows'],
    ['10.1', 'came from an address that nobody knows'],
    ['unknown', 'came from an address that nobody knows'],
    ['10.0.0.1:8080', 'came from an address that nobody knows'],
  ])('is not trusted: %s %s', async (address, reason) => {
    const { told, record } = await (await start({ trusted }))(address);
    expect(told).toEqual([403, 'risk_too_high']);
    expect(record.risk?.signals).toEqual([{ name: 'network', score: 1, reason }]);
  });

  it('scores elsewhere what the operator says', async () => {
    const { record } = await (await start({ trusted, otherwise: 0.5 }))('8.8.8.8');
    expect(record.risk).toMatchObject({ level: 'medium', score: 0.5 });
  });

  it('is a hop’s, wherever the request began', async () => {
    const near = await start({ hop: { loopback: true } });
    expect((await near('8.8.8.8')).record.risk?.signals[0]?.reason).toBe('came by the trusted hop');
    const far = await start({ hop: { unixSocket: true }, trusted: '10.0.0.0/8' });
    expect((await far('8.8.8.8')).told).toEqual([403, 'risk_too_high']);
    expect((await far('10.0.0.1')).told).toEqual([200, 'permit']);
  });

  it('is nobody’s where no address is known', async () => {
    const gate = createGate({
      service: 'payment-service',
      audience: 'api://payments',
      trust: issuer.trust,
      accessLog: { destination: { write() {} } },
      signals: [networkSignal({ trusted })],
    });
    const authorization = `Bearer ${await issuer.sign()}`;
    const header = (name: string) => (name === 'authorization' ? [authorization] : []);
    const { decision } = await gate.enforce(
      { source: {}, method: 'MESSAGE', target: 'Queue.take', header },
      { context: { maxRisk: 'medium' } },
    );
    expect(decision.reason).toBe('risk_too_high');
  });

  it.each<[unknown, string]>([
    [undefined, 'networkSignal'],
    [{}, 'networkSignal'],
    [{ trusted: [] }, 'networkSignal.trusted'],
    [{ trusted: undefined }, 'networkSignal.trusted'],
    [{ trusted: '10.0.0.0/33' }, 'networkSignal.trusted'],
    [{ trusted: '10.0.0.0/' }, 'networkSignal.trusted'],
    [{ trusted: '10.0.0.0/8/8' }, 'networkSignal.trusted'],
    [{ trusted: '10.0.0.0/-1' }, 'networkSignal.trusted'],
    [{ trusted: '10.0.0.0/1e1' }, 'networkSignal.trusted'],
    [{ trusted: '10.0.0/8' }, 'networkSignal.trusted'],
    [{ trusted: '2001:db8::/129' }, 'networkSignal.trusted'],
    [{ trusted: 'office' }, 'networkSignal.trusted'],
    [{ trusted: '0.0.0.0/0' }, 'networkSignal.trusted'],
    [{ trusted: '::/0' }, 'networkSignal.trusted'],
    [{ trusted, otherwise: 1.1 }, 'networkSignal.otherwise'],
    [{ trusted, otherwise: Number.NaN }, 'networkSignal.otherwise'],
    [{ trusted, name: 'my net' }, 'networkSignal.name'],
    [{ trusted, hop: {} }, 'networkSignal.hop'],
    [{ trusted, hop: { loopback: 'yes' } }, 'networkSignal.hop.loopback'],
    [{ trusted, trust: 1 }, 'networkSignal.trust'],
    [{ trusted, otherwise: 0 }, 'accepted'],
    [{ trusted: '10.0.0.7/32' }, 'accepted'],
  ])('is an error at start for %j: %s', (options, option) => {
    expect(optionRefused(() => networkSignal(options as NetworkSignalOptions))).toBe(option);
  });
});
