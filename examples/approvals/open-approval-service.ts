import { NestFactory } from '@nestjs/core';
import { deviceSignal, type LineDestination } from 'countersign';
import { CountersignModule } from 'countersign/nest';
import type { TestIssuer } from 'countersign/testing';
import { PaymentsController } from './payments-controller.js';

interface Surroundings {
  readonly provider: TestIssuer;
  readonly now: () => number;
  readonly destination: LineDestination;
}

class ApprovalModule {}

/** Approvals of payments, on Nest with Express. */
export async function openApprovalService({ provider, now, destination }: Surroundings) {
  const countersign = CountersignModule.forRoot({
    service: 'approval-service',
    audience: 'api://approvals',
    trust: [
      {
        issuer: provider.issuer,
        keys: { jwks: provider.jwks },
        permissions: { roleClaims: ['roles'] }, // where its tokens tell roles
        roles: {
          // what a role is worth here; how much each may approve is the policy's business
          'payment-manager': ['payments:approve', 'payments:read'],
          cfo: ['payments:approve', 'payments:read'],
        },
      },
    ],
    signals: [deviceSignal({ from: { claim: 'device' } })], // compliant 0, managed 0.5, anything else 1
    undeclaredRoutes: 'refuse-start',
    accessLog: { destination },
    now,
  });
  const app = await NestFactory.create(
    { module: ApprovalModule, imports: [countersign], controllers: [PaymentsController] },
    { logger: ['error'] },
  );
  await app.listen(0, '127.0.0.1');
  return { origin: await app.getUrl(), close: () => app.close() };
}
