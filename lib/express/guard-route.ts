import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Gate } from '../gate/create-gate.js';
import { tellRefusal } from '../http/tell-refusal.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import type { ExpressRequest, Handler } from './handler.js';
import { lockPrincipal } from './lock-principal.js';
import { markRequirement } from './mark-handler.js';
import type { OpenRecord } from './open-record.js';
import { writeRefusal } from './write-refusal.js';

interface GuardContext {
  readonly gate: Gate;
  readonly openRecord: (req: IncomingMessage, res: ServerResponse) => OpenRecord;
}

/** A middleware that lets pass what the gate permits, and answers everything else itself. */
export function guardRoute(requirement: SettledRequirement, { gate, openRecord }: GuardContext): Handler {
  async function judge(req: ExpressRequest, res: ServerResponse): Promise<boolean> {
    try {
      const record = openRecord(req, res);
      record.sighting = { guard: countersignGuard, app: req.app, route: req.route };
      const { decision, principal, refusal } = await gate.enforce(record.request, requirement);
      if (decision.effect === 'permit') {
        lockPrincipal(req, principal);
        return true;
      }
      writeRefusal(res, refusal ?? closeDoor(gate));
    } catch {
      writeRefusal(res, closeDoor(gate));
    }
    return false;
  }

  function countersignGuard(...[req, res, next]: Parameters<Handler>): void {
    judge(req, res)
      .then((mayPass) => {
        if (mayPass) next();
      })
      .catch(next);
  }

  return markRequirement(countersignGuard, requirement);
}

/** For what can't happen: a request that could not even be judged. */
function closeDoor({ service }: Gate): ReturnType<typeof tellRefusal> {
  return tellRefusal('internal_error', { realm: service, requestId: '' });
}
