import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type DeviceSignalOptions,
  defineSignal,
  deviceSignal,
  type GateOptions,
  type HopOption,
  type Signal,
} from 'countersign';
import { createTestIssuer } from 'countersign/testing';
import { makeCertificate, type TestCertificate } from '../support/make-certificate.js';
import { optionRefused } from '../support/option-refused.js';
import { ask, clock, issuer, openRiskService } from '../support/risk-service.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';
import { startTlsServer, stopTlsServers } from '../support/start-tls-server.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
const unixServers: Server[] = [];

afterAll(async () => {
  await stopServers();
  await stopTlsServers();
  for (const listening of unixServers) await new Promise((resolve) => listening.close(resolve));
  rmSync(folder, { recursive: true });
});

const LOW = [200, 'permit'];
const RISKY = [403, 'risk_too_high'];
const claimed = (claim: string | string[] = 'device') => deviceSignal({ from: { claim } });
const told = (hop: HopOption, name = 'x-device-state') => deviceSignal({ from: { header: name, hop } });

describe('a device that a claim tells of', () => {
  it.each<[string, object, readonly string[]]>([
    ['compliant', { device: 'compliant' }, ['device 0']],
    ['managed', { device: 'managed' }, ['device 0.5']],
    ['in capitals', { device: 'COMPLIANT' }, ['device 1']],
    ['jailbroken', { device: 'jailbroken' }, ['device 1']],
    ['one that every object has', { device: 'constructor' }, ['device 1']],
    ['in a list', { device: ['compliant'] }, ['device 1']],
    ['in an object', { device: { state: 'compliant' } }, ['device 1']],
    ['of a number', { device: 0 }, ['device 1']],
    ['of nobody', {}, ['device 1']],
  ])('%s', async (_what, claims, scores) => {
    const { app, log } = openRiskService({ signals: [claimed()] });
    const { scores: found, record } = await ask(await startServer(app), log, { claims });
    expect(found).toEqual(scores);
    expect(JSON.stringify(record.risk)).not.toMatch(/jailbroken|COMPLIANT|constructor/);
  });

  it('may tell it further down, and in words of its own', async () => {
    const signal = deviceSignal({
      from: { claim: ['device', 'trusted'] },
      scores: { true: 0, false: 0.6 },
      otherwise: 0.9,
      name: 'laptop',
    });
    const { app, log } = openRiskService({ signals: [signal] });
    const base = await startServer(app);
    const scoresOf = async (device: unknown) => (await ask(base, log, { claims: { device } })).scores;
    expect(await scoresOf({ trusted: true })).toEqual(['laptop 0']);
    expect(await scoresOf({ trusted: false })).toEqual(['laptop 0.6']);
    expect(await scoresOf({ trusted: 'compliant' })).toEqual(['laptop 0.9']);
    expect(await scoresOf('true')).toEqual(['laptop 0.9']);
  });

  it('is believed of its issuer alone, where one is named', async () => {
    const other = await createTestIssuer({
      audience: 'api://payments',
      issuer: 'https://other.example',
      now: clock.now,
    });
    const signals = [deviceSignal({ from: { claim: 'device', issuer: issuer.issuer } })];
    const { app, log } = openRiskService({ signals, trust: [issuer.trust, other.trust] });
    const base = await startServer(app);
    expect((await ask(base, log, { claims: { device: 'compliant' } })).told).toEqual(LOW);
    const foreign = await other.sign({ device: 'compliant' });
    expect((await sendRequest(base, '/', { headers: [bearer(foreign)] })).status).toBe(403);
  });
});

describe('a device that a hop tells of', () => {
  const state = (value: string, name = 'x-device-state') => [name, value] as const;
  const startBehind = async (hop: HopOption, more: Partial<GateOptions> = {}) => {
    const { app, log } = openRiskService({ signals: [told(hop)], ...more });
    const base = await startServer(app);
    return (...headers: (readonly [string, string])[]) => ask(base, log, { headers });
  };

  it('is believed, and the application may read it too', async () => {
    const send = await startBehind({ loopback: true });
    const { told: outcome, answer, record } = await send(state(' compliant '));
    expect([outcome, answer.body]).toEqual([LOW, '["compliant",true]']);
    expect(record.risk?.signals).toEqual([{ name: 'device', score: 0, reason: 'the device is compliant' }]);
    expect((await send(state('compliant', 'X-Device-STATE'))).told).toEqual(LOW);
  });

  it('is not believed of anybody else, and the application never sees it', async () => {
    const send = await startBehind({ unixSocket: true });
    expect((await send(state('compliant'))).told).toEqual(RISKY);
    const { app, log } = openRiskService({ signals: [told({ unixSocket: true })] }, {});
    const base = await startServer(app);
    for (const path of ['/', '/open']) {
      const { answer } = await ask(base, log, {
        path,
        headers: [state('compliant'), state('managed', 'X-DEVICE-STATE')],
      });
      expect(answer.body).toBe('[null,false]');
    }
  });

  it('is believed over a Unix socket where that is the hop', async () => {
    const { app, log } = openRiskService({ signals: [told({ unixSocket: true })] });
    const listening = createServer(app);
    unixServers.push(listening);
    const socketPath = join(folder, 'hop.sock');
    await new Promise<void>((resolve) => listening.listen(socketPath, resolve));
    const asked = await ask('http://localhost', log, { headers: [state('compliant')], via: { socketPath } });
    expect(asked.told).toEqual(LOW);
  });

  it.each<[string, readonly (readonly [string, string])[]]>([
    ['nothing', []],
    ['an empty word', [state('')]],
    ['two things', [state('compliant'), state('managed')]],
    ['the same twice', [state('compliant'), state('compliant', 'X-Device-State')]],
    ['two things in a line', [state('compliant, compliant')]],
    ['it under another name', [state('compliant', 'x-device_state')]],
  ])('is unknown where it says %s', async (_what, headers) => {
    const send = await startBehind({ loopback: true });
    expect((await send(...headers)).told).toEqual(RISKY);
  });

  it('is believed by each signal of its own hop alone', async () => {
    const near = told({ loopback: true });
    const far = deviceSignal({ name: 'far', from: { header: 'x-device-state', hop: { unixSocket: true } } });
    const send = await startBehind({ loopback: true }, { signals: [far, near] });
    const { scores } = await send(state('compliant'));
    expect(scores).toEqual(['far 1', 'device 0']);
  });

  it('is nobody’s where its hop can’t be known', async () => {
    const unsure: Signal = {
      ...told({ loopback: true }),
      hopHeaders: {
        'x-device-state': () => {
          throw new Error('gone');
        },
      },
    };
    const send = await startBehind({ loopback: true }, { signals: [unsure] });
    expect((await send(state('compliant'))).told).toEqual(RISKY);
  });

  it('may be read by a signal of one’s own, and no header beside', async () => {
    const seen: unknown[] = [];
    const own = defineSignal(
      'own',
      ({ hopHeader, unverifiedHeader }) => {
        seen.push(
          hopHeader('X-Posture'),
          hopHeader('x-other'),
          unverifiedHeader('X-Other'),
          unverifiedHeader('x-none'),
        );
        return { score: 0, reason: 'looked' };
      },
      { hopHeaders: { 'X-Posture': { loopback: true } } },
    );
    const send = await startBehind({ loopback: true }, { signals: [own] });
    await send(['x-posture', 'good'], ['x-other', 'a'], ['x-other', 'b']);
    expect(seen).toEqual(['good', undefined, ['a', 'b'], []]);
  });
});

describe('a device that its certificate tells of', () => {
  const MANAGED = '1.3.6.1.4.1.99999.1';
  const authority = { name: 'authority', isAuthority: true };
  const from = { certificate: { extendedKeyUsage: MANAGED, state: 'compliant' } };

  async function start(options: Partial<GateOptions>, purposes: readonly string[]) {
    const signer = await makeCertificate(authority);
    const [server, device, impostor] = await Promise.all([
      makeCertificate({ names: [{ type: 'ip', value: '127.0.0.1' }], authority: signer }),
      makeCertificate({ purposes, authority: signer, names: [{ type: 'dns', value: 'laptop.example' }] }),
      makeCertificate({ purposes }),
    ]);
    const { app, log } = openRiskService({ signals: [deviceSignal({ from })], ...options });
    const base = await startTlsServer(app, { key: server.key, cert: server.cert, ca: signer.cert });
    const send = (shown?: TestCertificate, headers: readonly (readonly [string, string])[] = []) =>
      ask(base, log, { headers, via: { ca: signer.cert, ...(shown && { key: shown.key, cert: shown.cert }) } });
    return { send, device, impostor };
  }

  const CLIENT = '1.3.6.1.5.5.7.3.2';
  const bound = { certificates: { from: 'connection' } } as const;

  it('is in that state where our TLS server verified the certificate', async () => {
    const { send, device, impostor } = await start(bound, [CLIENT, MANAGED]);
    expect((await send(device)).told).toEqual(LOW);
    expect((await send(impostor)).told).toEqual(RISKY); // anybody can sign it for themselves
    expect((await send()).told).toEqual(RISKY);
  });

  it('is unknown where the certificate is for something else', async () => {
    const { send, device } = await start(bound, [CLIENT, `${MANAGED}.1`]);
    expect((await send(device)).told).toEqual(RISKY);
  });

  it('is unknown where a hop hands on a certificate that nobody vouches for', async () => {
    const hop = { from: 'hop', hop: { loopback: true }, format: 'client-cert' } as const;
    const { send, device } = await start({ certificates: hop }, [CLIENT, MANAGED]);
    const handed = ['client-cert', `:${device.certificate.raw.toString('base64')}:`] as const;
    expect((await send(device, [handed])).told).toEqual(RISKY);
  });

  it('is in that state where an authority of ours vouches for it, whoever handed it on', async () => {
    const signer = await makeCertificate(authority);
    const device = await makeCertificate({
      authority: signer,
      purposes: [CLIENT, MANAGED],
      usages: ['digitalSignature'],
      notAfter: Date.now() / 1000 + 3600,
      notBefore: Date.now() / 1000 - 3600,
      names: [{ type: 'dns', value: 'laptop.example' }],
    });
    const { app, log } = openRiskService({
      signals: [deviceSignal({ from })],
      certificates: { from: 'hop', hop: { loopback: true }, format: 'client-cert', use: 'identity' },
      trust: [
        issuer.trust,
        { certificateAuthority: 'devices', certificates: signer.cert, grants: { 'laptop.example': ['a'] } },
      ],
    });
    const handed = ['client-cert', `:${device.certificate.raw.toString('base64')}:`] as const;
    const base = await startServer(app);
    const asked = await ask(base, log, { headers: [handed] });
    expect([asked.told, asked.record.workload?.subject]).toEqual([LOW, 'laptop.example']);
    expect((await ask(base, log)).told).toEqual(RISKY);
  });

  it('can’t be known by a gate that reads no certificates', () => {
    expect(optionRefused(() => openRiskService({ signals: [deviceSignal({ from })] }))).toBe('signals[0]');
  });
});

describe('options of a device', () => {
  const header = { header: 'x-device-state', hop: { loopback: true } };
  const certificate = (more: object) => ({ from: { certificate: { extendedKeyUsage: '1.2.3', ...more } } });
  it.each<[unknown, string]>([
    [{}, 'deviceSignal.from'],
    [{ from: 'claim' }, 'deviceSignal.from'],
    [{ from: {} }, 'deviceSignal.from'],
    [{ from: { claim: 'a', ...header } }, 'deviceSignal.from'],
    [{ from: { claim: [] } }, 'deviceSignal.from.claim'],
    [{ from: { claim: undefined } }, 'deviceSignal.from.claim'],
    [{ from: { claim: 'a', issuer: '' } }, 'deviceSignal.from.issuer'],
    [{ from: { claim: 'a', hop: { loopback: true } } }, 'deviceSignal.from.hop'],
    [{ from: { ...header, issuer: 'a' } }, 'deviceSignal.from.issuer'],
    [{ from: { header: 'x-device-state' } }, 'deviceSignal.from.hop'],
    [{ from: { ...header, hop: { unixSocket: 1 } } }, 'deviceSignal.from.hop.unixSocket'],
    [{ from: { ...header, header: 'x device' } }, 'deviceSignal.from.header'],
    [{ from: { certificate: {} } }, 'deviceSignal.from.certificate.extendedKeyUsage'],
    [certificate({ extendedKeyUsage: 'managed' }), 'deviceSignal.from.certificate.extendedKeyUsage'],
    [certificate({ extendedKeyUsage: '1.02.3' }), 'deviceSignal.from.certificate.extendedKeyUsage'],
    [certificate({ state: 'good' }), 'deviceSignal.from.certificate.state'],
    [{ from: header, scores: {} }, 'deviceSignal.scores'],
    [{ from: header, scores: { good: 2 } }, 'deviceSignal.scores.good'],
    [{ from: header, scores: { good: '0' } }, 'deviceSignal.scores.good'],
    [{ from: header, otherwise: undefined }, 'deviceSignal.otherwise'],
    [{ from: header, name: '' }, 'deviceSignal.name'],
    [{ from: header, state: 1 }, 'deviceSignal.state'],
    [{ from: header }, 'accepted'],
    [{ ...certificate({ state: 'good' }), scores: { good: 0 } }, 'accepted'],
  ])('are an error at start for %j: %s', (options, option) => {
    expect(optionRefused(() => deviceSignal(options as DeviceSignalOptions))).toBe(option);
  });
});
