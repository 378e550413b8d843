import { type CanActivate, type ExecutionContext, ForbiddenException, Inject, Injectable } from '@nestjs/common';
import { lockPrincipal } from '../enforcement/lock-principal.js';
import { Countersign } from './countersign.service.js';
import { Declarations } from './declarations.js';
import { readContext } from './read-context.js';
import { refuseAccess } from './refuse-access.js';
import { RequestRecords } from './request-records.js';

/** The global guard: every handler is closed unless it declares what it demands. */
@Injectable()
export class CountersignGuard implements CanActivate {
  constructor(
    @Inject(Countersign) private readonly countersign: Countersign,
    @Inject(Declarations) private readonly declarations: Declarations,
    @Inject(RequestRecords) private readonly records: RequestRecords,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const arrived = readContext(context);
    // Not HTTP: there is no credential that could be read without believing what a caller sent as a message.
    if (!arrived) throw new ForbiddenException();
    const requirement = this.declarations.find(context.getClass(), context.getHandler());
    const request = this.records.describe(arrived.carrier, arrived.request);
    const judged = this.countersign.gate.enforce(request, requirement, (caller) =>
      lockPrincipal(arrived.carrier, caller),
    );
    this.records.await(arrived.request, judged);
    const { decision, refusal } = await judged;
    if (decision.effect === 'permit') return true;
    if (!refusal) throw new ForbiddenException();
    throw refuseAccess(refusal, arrived.response);
  }
}
