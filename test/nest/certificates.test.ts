import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Req } from '@nestjs/common';
import type { CertificateOptions } from 'countersign';
import { CountersignModule, Public, RequirePermission } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { findLeft, nginxCert, spoofAll, untouched } from '../support/certificate-headers.js';
import { makeCertificate } from '../support/make-certificate.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://orders' });
const own = await makeCertificate();
const log = captureLog();

/** Express' request is Node's; Fastify's holds it. */
type AnyRequest = IncomingMessage & { readonly raw?: IncomingMessage };

@Controller()
class OrdersController {
  @RequirePermission('orders:read')
  @Get('orders')
  find(@Req() request: AnyRequest): object {
    return { ...findLeft(request.raw ?? request), seen: Object.keys(request.headers).includes('x-ssl-cert') };
  }

  @Public('is for anybody')
  @Get('open')
  show(@Req() request: AnyRequest): object {
    return this.find(request);
  }
}

describe.each(nestPlatforms)('Nest on %s', (_platform, makeAdapter) => {
  const start = (certificates: CertificateOptions) =>
    startNest(makeAdapter, {
      imports: [
        CountersignModule.forRoot({
          service: 'order-service',
          audience: 'api://orders',
          trust: issuer.trust,
          certificates,
          accessLog: { destination: log.destination },
        }),
      ],
      controllers: [OrdersController],
    });
  const format = { format: 'nginx', field: 'x-ssl-cert', verifyField: 'x-ssl-verify' } as const;

  let behindHop: string;
  let elsewhere: string;
  beforeAll(async () => {
    behindHop = await start({ from: 'hop', hop: { loopback: true }, ...format });
    elsewhere = await start({ from: 'hop', hop: { unixSocket: true }, ...format });
  });

  async function ask(base: string, headers: readonly (readonly [string, string])[]) {
    const token = await issuer.sign({ scope: 'orders:read', cnf: { 'x5t#S256': own.thumbprint } });
    const { status } = await sendRequest(base, '/orders', { headers: [bearer(token), ...headers] });
    const { reason, verdicts } = await log.next();
    return [status, reason ?? 'permit', verdicts?.bound];
  }

  it('believes the header of the hop, once', async () => {
    expect(await ask(behindHop, nginxCert(own))).toEqual([200, 'permit', true]);
    expect(await ask(behindHop, [...nginxCert(own), ...nginxCert(own)])).toEqual([401, 'binding_missing', false]);
    expect(await ask(behindHop, [])).toEqual([401, 'binding_missing', false]);
  });

  it('believes the same header of nobody else', async () => {
    expect(await ask(elsewhere, nginxCert(own))).toEqual([401, 'binding_missing', false]);
  });

  it.each([
    ['the hop sent them', () => behindHop],
    ['somebody else sent them', () => elsewhere],
  ])('hides every such header from the handler, where %s', async (_who, base) => {
    const token = await issuer.sign({ scope: 'orders:read' });
    for (const path of ['/orders', '/open']) {
      const answer = await sendRequest(base(), path, { headers: [bearer(token), ...spoofAll(own)] });
      await log.next();
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { ...untouched, seen: false }]);
    }
  });
});
