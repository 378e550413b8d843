import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attempt } from '../enforcement/attempt-view.js';
import type { HandOver } from '../enforcement/enforce-access.js';
import { lockPrincipal, lockResource } from '../enforcement/lock-principal.js';
import type { Gate } from '../gate/create-gate.js';
import { readEnforce } from '../gate/read-enforce.js';
import type { AccessRequest } from '../http/from-node-request.js';
import { tellRefusal } from '../http/tell-refusal.js';
import { writeHeaders } from '../http/write-headers.js';
import { writeRefusal } from '../http/write-refusal.js';
import type { ExpressRequest } from '../ledger/express-router.js';
import { markRequirement } from '../ledger/mark-handler.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import { isPending } from '../when-there.js';
import type { Handler } from './handler.js';
import type { OpenRecord } from './open-record.js';

interface GuardContext {
  readonly gate: Gate;
  readonly openRecord: (req: IncomingMessage, res: ServerResponse) => OpenRecord;
}

/** A middleware that lets pass what the gate permits, and answers everything else itself. */
export function guardRoute(requirement: SettledRequirement, { gate, openRecord }: GuardContext): Handler {
  const enforce = readEnforce(gate);

  function countersignGuard(...[req, res, next]: Parameters<Handler>): void {
    const record = openRecord(req, res);
    const { app, route } = req as ExpressRequest;
    record.sighting = { guard: countersignGuard, app, route };
    const judged = judge(record.request, req);
    if (isPending(judged)) {
      record.judged = judged;
      judged.then((attempt) => goOn(attempt, res, next)).catch(() => res.destroy()); // Express catches what handlers throw
    } else goOn(judged, res, next);
  }

  function goOn(attempt: Attempt | undefined, res: ServerResponse, next: Parameters<Handler>[2]): void {
    if (mayPass(attempt, res)) next();
  }

  function judge(request: AccessRequest, req: IncomingMessage): Attempt | Promise<Attempt | undefined> | undefined {
    const handOver: HandOver = (principal, resource) => {
      lockPrincipal(req, principal);
      lockResource(req, resource);
    };
    try {
      const judged = enforce(request, requirement, handOver);
      return isPending(judged) ? judged.catch(() => undefined) : judged;
    } catch {
      return undefined;
    }
  }

  function mayPass(attempt: Attempt | undefined, res: ServerResponse): boolean {
    try {
      if (attempt?.decision.effect === 'permit') {
        writeHeaders(res, attempt.headers);
        return !res.closed; // nobody is there any more: what they asked for is not done behind their back
      }
      writeRefusal(res, attempt?.refusal ?? closeDoor(gate));
    } catch {
      writeRefusal(res, closeDoor(gate));
    }
    return false;
  }

  return markRequirement(countersignGuard, requirement);
}

/** For what can't happen: a request that could not even be judged. */
function closeDoor({ service }: Gate): ReturnType<typeof tellRefusal> {
  return tellRefusal('internal_error', { realm: service, requestId: '' });
}
