import { type CanActivate, type ExecutionContext, ForbiddenException, Inject, Injectable } from '@nestjs/common';
import type { HandOver } from '../enforcement/enforce-access.js';
import { keepResource, lockPrincipal, lockResource } from '../enforcement/lock-principal.js';
import { writeHeaders } from '../http/write-headers.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import { Countersign } from './countersign.service.js';
import { Declarations } from './declarations.js';
import { findCall } from './find-call.js';
import { handDownExposed } from './hand-down-exposed.js';
import { type HttpContext, readContext } from './read-context.js';
import { type Message, readMessage } from './read-message.js';
import { refuseAccess } from './refuse-access.js';
import { refuseMessage } from './refuse-message.js';
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
    const requirement = this.declarations.find(context.getClass(), context.getHandler());
    const arrived = readContext(context);
    if (arrived) return this.#judgeRequest(arrived, requirement, handTo(context, arrived.carrier));
    const message = readMessage(context);
    if (message) return this.#judgeMessage(message, requirement, context);
    throw new ForbiddenException(); // a kind of context that nobody knows: nobody comes in
  }

  async #judgeRequest(arrived: HttpContext, requirement: SettledRequirement, handOver: HandOver): Promise<boolean> {
    const request = this.records.describe(arrived.carrier, arrived.request);
    const judged = this.countersign.gate.enforce(request, requirement, handOver);
    this.records.await(arrived.request, judged);
    const { decision, refusal, headers } = await judged;
    if (arrived.reply) handDownExposed(arrived.reply);
    if (decision.effect === 'permit') {
      if (arrived.response) writeHeaders(arrived.response, headers);
      return true;
    }
    throw refusal ? refuseAccess(refusal, arrived.response) : new ForbiddenException();
  }

  /** A message has no response to wait for: its record is written when it is judged. */
  async #judgeMessage(
    { carrier, request }: Message,
    requirement: SettledRequirement,
    context: ExecutionContext,
  ): Promise<boolean> {
    const attempt = await this.countersign.gate.enforce(request, requirement, handTo(context, carrier));
    const { decision, refusal } = attempt;
    attempt.finish({ statusCode: refusal?.status ?? 200, route: request.target });
    if (decision.effect === 'permit') return true;
    throw refusal ? await refuseMessage(context.getType<string>(), refusal) : new ForbiddenException();
  }
}

/** The caller is that of the whole request or socket; what was found is of one call alone, which may be one of many on it. */
function handTo(context: ExecutionContext, carrier: object): HandOver {
  const call = findCall(context);
  return function handOver(caller, resource) {
    lockPrincipal(carrier, caller);
    if (call === carrier) lockResource(carrier, resource);
    else if (call && resource) keepResource(call, resource);
  };
}
