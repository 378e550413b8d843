import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { CountersignModule, RequireMfa, RequireStepUp } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://payments' });

@Controller('payments')
class PaymentsController {
  @RequireStepUp({ acr: 'strong', maxAgeSeconds: 300 }, { permissions: 'payments:approve' })
  @Get('approve')
  approve(): string {
    return 'approved';
  }

  @RequireMfa()
  @Get('list')
  list(): string {
    return 'listed';
  }
}

describe.each(nestPlatforms)('a handler that asks for more, Nest on %s', (_platform, makeAdapter) => {
  it('lets in who was authenticated so, and tells the others', async () => {
    const options = {
      service: 'payment-service',
      audience: 'api://payments',
      trust: issuer.trust,
      accessLog: { destination: { write() {} } },
    };
    const base = await startNest(makeAdapter, {
      imports: [CountersignModule.forRoot(options)],
      controllers: [PaymentsController],
    });
    const ask = async (path: string, claims: object) => {
      const token = await issuer.sign({ sub: 'alice', client_id: 'web', ...claims });
      const answer = await sendRequest(base, `/payments/${path}`, { headers: [bearer(token)] });
      return [answer.status, ...answer.lines('www-authenticate')];
    };
    const present = Math.floor(Date.now() / 1000);
    const strong = { acr: 'strong', auth_time: present };
    expect(await ask('approve', { ...strong, scope: 'payments:approve' })).toEqual([200]);
    expect((await ask('approve', strong))[0]).toBe(403);
    const [status, challenge] = await ask('approve', { acr: 'weak', scope: 'payments:approve' });
    expect(status).toBe(401);
    expect(challenge).toContain('acr_values="strong", max_age="300"');
    expect(await ask('list', { amr: ['mfa'] })).toEqual([200]);
    expect((await ask('list', { amr: ['pwd'] }))[0]).toBe(401);
  });
});
