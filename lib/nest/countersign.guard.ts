import { type CanActivate, type ExecutionContext, ForbiddenException, Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../enforcement/attempt-view.js';
import type { HandOver } from '../enforcement/enforce-access.js';
import { keepResource, lockPrincipal, lockResource } from '../enforcement/lock-principal.js';
import { type Enforce, readEnforce } from '../gate/read-enforce.js';
import { writeHeaders } from '../http/write-headers.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import { isPending, whenThere } from '../when-there.js';
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
  readonly #enforce: Enforce;
  /** What a handler demands, and in which controller: one that is inherited may stand in several. */
  readonly #known = new WeakMap<object, { readonly controller: object; readonly requirement: SettledRequirement }>();

  constructor(
    @Inject(Countersign) private readonly countersign: Countersign,
    @Inject(Declarations) private readonly declarations: Declarations,
    @Inject(RequestRecords) private readonly records: RequestRecords,
  ) {
    this.#enforce = readEnforce(countersign.gate);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirement = this.#find(context.getClass(), context.getHandler());
    const arrived = readContext(context);
    if (arrived) return this.#judgeRequest(arrived, requirement, handTo(context, arrived.carrier));
    const message = readMessage(context);
    if (message) return this.#judgeMessage(message, requirement, context);
    throw new ForbiddenException(); // a kind of context that nobody knows: nobody comes in
  }

  #find(controller: object, handler: object): SettledRequirement {
    const known = this.#known.get(handler);
    if (known?.controller === controller) return known.requirement;
    const requirement = this.countersign.gate.settle(this.declarations.find(controller, handler));
    this.#known.set(handler, { controller, requirement });
    return requirement;
  }

  #judgeRequest(arrived: HttpContext, requirement: SettledRequirement, handOver: HandOver): boolean | Promise<boolean> {
    const request = this.records.describe(arrived.carrier, arrived.request);
    const judged = this.#enforce(request, requirement, handOver);
    if (isPending(judged)) this.records.await(arrived.request, judged);
    return whenThere(judged, (attempt) => admitOrRefuse(attempt, arrived));
  }

  /** A message has no response to wait for: its record is written when it is judged. */
  async #judgeMessage(
    { carrier, request }: Message,
    requirement: SettledRequirement,
    context: ExecutionContext,
  ): Promise<boolean> {
    const attempt = await this.#enforce(request, requirement, handTo(context, carrier));
    const { decision, refusal } = attempt;
    attempt.finish({ statusCode: refusal?.status ?? 200, route: request.target });
    if (decision.effect === 'permit') return true;
    throw refusal ? await refuseMessage(context.getType<string>(), refusal) : new ForbiddenException();
  }
}

function admitOrRefuse({ decision, refusal, headers }: Attempt, { reply, response }: HttpContext): true {
  if (reply) handDownExposed(reply);
  if (decision.effect === 'permit') {
    if (response) writeHeaders(response, headers);
    return true;
  }
  throw refusal ? refuseAccess(refusal, response) : new ForbiddenException();
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
