import { Controller, Get, Post } from '@nestjs/common';
import type { Resource as Found, Principal } from 'countersign';
import { Caller, RequirePermission, Resource } from 'countersign/nest';
import { approvePayment, listPayments, loadPayment, type Payment } from './approve-payment.js';

const THIRTY_DAYS_MILLISECONDS = 30 * 86_400_000;

/** A real service writes the date down, `until: '2026-12-24'`: this example must run on any day. */
const inThirtyDays = new Date(Date.now() + THIRTY_DAYS_MILLISECONDS);

/** Payments, and who may approve them. */
@Controller('payments')
export class PaymentsController {
  @RequirePermission('payments:approve', {
    resource: loadPayment,
    policy: approvePayment,
    context: { maxRisk: 'low', above: { amr: 'mfa', maxAgeSeconds: 300 } },
  })
  @Post(':id/approval')
  approve(@Resource() { id, properties }: Found<Payment>, @Caller() caller: Principal): object {
    return { id, ...properties, approvedBy: caller.subject };
  }

  /** Everybody could read this list so far; until the date we watch who would lose it. */
  @RequirePermission('payments:read', { mode: { shadow: true, until: inThirtyDays } })
  @Get()
  list(): readonly object[] {
    return listPayments();
  }
}
