import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attempt } from '../enforcement/attempt-view.js';
import { closeWithResponse, type Underway } from '../enforcement/close-with-response.js';
import type { Gate } from '../gate/create-gate.js';
import { type AccessRequest, fromNodeRequest } from '../http/from-node-request.js';
import { readTarget } from '../http/read-target.js';
import type { ExpressApplication, ExpressRequest, ExpressRoute } from '../ledger/express-router.js';
import { findGuardTemplate, findRouteTemplate } from '../ledger/find-express-template.js';
import { readRequirementMark } from '../ledger/mark-handler.js';
import { createStamps } from '../stamp-objects.js';

/** What was seen of a request's way through the routers when a guard judged it last. */
interface Sighting {
  readonly guard: object;
  readonly app: ExpressApplication | undefined;
  readonly route: ExpressRoute | undefined;
}

/** A request whose record is open. */
export class OpenRecord implements Underway {
  readonly request: AccessRequest;
  readonly attempt: Attempt;
  sighting: Sighting | undefined;
  judged: Promise<unknown> | undefined;
  readonly #req: ExpressRequest;

  constructor(req: ExpressRequest, gate: Gate) {
    this.#req = req;
    this.request = fromNodeRequest(req, { ip: req.ip, target: readTarget(req) });
    this.attempt = gate.open(this.request);
  }

  describeWay() {
    const { attempt, request, sighting } = this;
    return {
      route: findTemplate(attempt, request.target, sighting, this.#req),
      required: attempt.decision.effect === 'deny' && sighting ? listDemands(sighting) : undefined,
    };
  }
}

/** Opens the one record of each request, and closes it with the response. */
export function createRecords(gate: Gate): (req: IncomingMessage, res: ServerResponse) => OpenRecord {
  const records = createStamps<OpenRecord>();
  return function openRecord(req, res) {
    const known = records.get(req);
    if (known) return known;
    const record = new OpenRecord(req, gate);
    records.set(req, record);
    closeWithResponse(record.attempt, res, record);
    return record;
  };
}

/** All guards of a route are its one requirement: a record tells it whole, whichever of them refused. */
function listDemands({ guard, route }: Sighting): readonly string[] {
  const marks = isWithin(guard, route) ? route.stack.map(({ handle }) => readRequirementMark(handle)) : [];
  return marks.flatMap((requirement) => (requirement ? [...requirement.permissions, ...requirement.anyOf] : []));
}

/** `req.route` stays what it was when a request leaves a route, so it counts only where the guard stands in it. */
function isWithin(guard: object, route: ExpressRoute | undefined): route is ExpressRoute {
  return route?.stack.some(({ handle }) => handle === guard) ?? false;
}

function findTemplate(
  { decision }: Attempt,
  target: string,
  sighting: Sighting | undefined,
  req: ExpressRequest,
): string | undefined {
  if (sighting && decision.effect === 'deny') return findDeniedTemplate(sighting, target);
  const { route } = req;
  return route && findRouteTemplate(req.app, route, target);
}

function findDeniedTemplate({ guard, app, route }: Sighting, target: string): string | undefined {
  return isWithin(guard, route) ? findRouteTemplate(app, route, target) : findGuardTemplate(app, guard);
}
