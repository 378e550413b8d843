import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HandOver } from '../enforcement/enforce-access.js';
import { lockPrincipal, lockResource } from '../enforcement/lock-principal.js';
import type { Gate } from '../gate/create-gate.js';
import { tellRefusal } from '../http/tell-refusal.js';
import { writeHeaders } from '../http/write-headers.js';
import { writeRefusal } from '../http/write-refusal.js';
import type { ExpressRequest } from '../ledger/express-router.js';
import { markRequirement } from '../ledger/mark-handler.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import type { Handler } from './handler.js';
import type { OpenRecord } from './open-record.js';

interface GuardContext {
  readonly gate: Gate;
  readonly openRecord: (req: IncomingMessage, res: ServerResponse) => OpenRecord;
}

/** A middleware that lets pass what the gate permits, and answers everything else itself. */
export function guardRoute(requirement: SettledRequirement, { gate, openRecord }: GuardContext): Handler {
  async function judge(record: OpenRecord, req: ExpressRequest, res: ServerResponse): Promise<boolean> {
    const handOver: HandOver = (principal, resource) => {
      lockPrincipal(req, principal);
      lockResource(req, resource);
    };
    try {
      const { decision, refusal, headers } = await gate.enforce(record.request, requirement, handOver);
      if (decision.effect !== 'permit') {
        writeRefusal(res, refusal ?? closeDoor(gate));
        return false;
      }
      writeHeaders(res, headers);
      return !res.closed; // nobody is there any more: what they asked for is not done behind their back
    } catch {
      writeRefusal(res, closeDoor(gate));
      return false;
    }
  }

  function countersignGuard(...[req, res, next]: Parameters<Handler>): void {
    const record = openRecord(req, res);
    const { app, route } = req as ExpressRequest;
    record.sighting = { guard: countersignGuard, app, route };
    record.judged = pass(record, req, res, next);
  }

  async function pass(record: OpenRecord, ...[req, res, next]: Parameters<Handler>): Promise<void> {
    if (!(await judge(record, req as ExpressRequest, res))) return;
    try {
      next();
    } catch {
      res.destroy(); // Express catches what handlers throw
    }
  }

  return markRequirement(countersignGuard, requirement);
}

/** For what can't happen: a request that could not even be judged. */
function closeDoor({ service }: Gate): ReturnType<typeof tellRefusal> {
  return tellRefusal('internal_error', { realm: service, requestId: '' });
}
