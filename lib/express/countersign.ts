import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGate, type Gate, type GateOptions } from '../gate/create-gate.js';
import type { ResourceMetadataOptions } from '../gate/describe-resource.js';
import type { MetadataOptions } from '../gate/publish-documents.js';
import { writeRefusal } from '../http/write-refusal.js';
import type { Principal } from '../identity/principal.js';
import type { ContextOptions } from '../identity/read-context-demand.js';
import type { StepUpOptions } from '../identity/read-step-up.js';
import { assertCovered } from '../ledger/assert-covered.js';
import { listRequirements } from '../ledger/list-requirements.js';
import { markPasses, markRequirement } from '../ledger/mark-handler.js';
import { ROOT } from '../ledger/place-express-path.js';
import { walkApplication } from '../ledger/walk-express-router.js';
import { readOptions } from '../options.js';
import type { Resource } from '../policy/decision.js';
import { type CallerRequirement, GUARD_OPTIONS, type Requirement } from '../policy/read-requirement.js';
import { guardRoute } from './guard-route.js';
import type { Handler } from './handler.js';
import { createRecords } from './open-record.js';
import { passLayer } from './pass-layer.js';
import { serveDocument } from './serve-document.js';

declare global {
  namespace Express {
    interface Request {
      /** The verified caller, deep-frozen; undefined on a public route. Assigning to it does nothing. */
      readonly principal?: Principal;
      /** What the request is about, as the route's loader found it; undefined where the route has none. */
      readonly resource?: Resource;
    }
  }
}

/** What a guard may demand beside what its name says. */
export type GuardOptions = Omit<CallerRequirement, 'permissions'>;

/** A gate in Express' words. Every guard verifies by itself where nothing before it did. */
export interface ExpressGate extends Gate {
  /** Writes one record for each request. Mount it first; without it a record opens at the first guard. */
  accessLog(): Handler;
  /** Lets verified services pass, and no other caller. */
  verifyServiceToken(): Handler;
  /** Lets every verified caller pass. */
  verifyToken(): Handler;
  /**
   * Lets callers pass that hold the permission, or all of several.
   *
   * @example app.get('/internal/users/:id', gate.requirePermission('user:read'), handler)
   */
  requirePermission(permissions: string | readonly string[], options?: GuardOptions): Handler;
  /**
   * Lets users pass that were authenticated in one of these ways, by these methods, not too long ago; others are told so
   * (RFC 9470), services are refused.
   *
   * @example app.post('/payments', gate.requireStepUp({ acr: 'urn:example:strong', maxAgeSeconds: 300 }), handler)
   */
  requireStepUp(stepUp: StepUpOptions): Handler;
  /**
   * Lets callers pass whose request is not riskier than that, by the gate's `signals`; above it, denies or asks for a step-up.
   *
   * @example app.post('/payments', gate.requireContext({ maxRisk: 'low', above: { amr: 'mfa', maxAgeSeconds: 300 } }), handler)
   */
  requireContext(context: ContextOptions): Handler;
  /** Answers with the step-up that a callee asks for, and says whether it did. */
  answerStepUp(req: IncomingMessage, res: ServerResponse, response: Pick<Response, 'status' | 'headers'>): boolean;
  /** Lets callers pass that meet the requirement; the other guards are short for it. */
  require(requirement: CallerRequirement): Handler;
  /** Declares the route public, and says why. Credentials are not read on it. */
  public(why: string): Handler;
  /** Marks a layer that may stand before guards, or that answers by itself, and says why. */
  passes<Layer>(layer: Layer, why: string): Layer;
  /**
   * Call it when all routes are there, before `listen`.
   *
   * @throws {ConfigurationError} names every route that demands nothing and is not public, every handler that stands
   *   before its route's guard, every route that is public and guarded at once, every layer that can't be looked into
   */
  assertCovered(app: object): void;
  /** Serves the metrics. It is not public: put a guard before it. */
  metrics(): Handler;
  /** Serves our public keys; declares itself public. */
  jwks(): Handler;
  /** Serves RFC 8414 metadata, by which others discover our keys; declares itself public. */
  metadata(options?: MetadataOptions): Handler;
  /**
   * Serves RFC 9728 metadata, by which clients learn what the routes of the application demand; declares itself public.
   *
   * @example app.get('/.well-known/oauth-protected-resource', gate.resourceMetadata(app))
   */
  resourceMetadata(app: object, options?: ResourceMetadataOptions): Handler;
}

/**
 * A gate for Express 4.21 and 5, from options or around a gate that exists.
 *
 * @throws {ConfigurationError} names the option, says what was found and what to write
 * @example
 * const gate = countersign({ service: 'order-service', audience: 'api://orders', trust: [{ issuer: 'https://idp.example' }] });
 * app.get('/orders/:id', gate.requirePermission('orders:read'), handler);
 */
export function countersign(options: GateOptions | Gate): ExpressGate {
  const gate = isGate(options) ? options : createGate(options);
  const openRecord = createRecords(gate);
  const guard = (requirement: Requirement) => guardRoute(gate.settle(requirement), { gate, openRecord });
  const { documents } = gate;

  function servePublicly(why: string, serve: Handler): Handler {
    const requirement = gate.settle({ public: why });
    const open = guardRoute(requirement, { gate, openRecord });
    return markRequirement(
      (req, res, next) => open(req, res, (error) => (error ? next(error) : serve(req, res, next))),
      requirement,
    );
  }

  return Object.freeze<ExpressGate>({
    ...gate,
    accessLog() {
      return markPasses(function countersignAccessLog(
        req: IncomingMessage,
        res: ServerResponse,
        next: (error?: unknown) => void,
      ) {
        openRecord(req, res);
        next();
      }, 'writes the access record');
    },
    verifyServiceToken: () => guard({ kinds: ['service'] }),
    verifyToken: () => guard({}),
    requirePermission: (permissions, guardOptions = {}) =>
      guard({
        ...readOptions('requirePermission.options', guardOptions, GUARD_OPTIONS),
        permissions,
      } as CallerRequirement),
    requireStepUp: (stepUp) => guard({ stepUp }),
    requireContext: (context) => guard({ context }),
    answerStepUp(req, res, response) {
      const refusal = gate.relayStepUp(openRecord(req, res).request, response)?.refusal;
      if (refusal) writeRefusal(res, refusal);
      return refusal !== undefined;
    },
    require: (requirement) => guard(requirement),
    public: (why) => guard({ public: why }),
    passes: passLayer,
    assertCovered: (app) => assertCovered(walkApplication(app, ROOT, { opensApplications: true })),
    metrics: () => serveDocument(documents.metrics()),
    jwks: () => servePublicly('public keys, for whoever verifies our tokens', serveDocument(documents.jwks())),
    metadata: (metadataOptions) =>
      servePublicly('says where our public keys are', serveDocument(documents.metadata(metadataOptions))),
    resourceMetadata(app, resourceOptions) {
      const walk = () => walkApplication(app, ROOT, { opensApplications: true });
      walk(); // what is no application is an error at start
      const compose = documents.resourceMetadata(() => listRequirements(walk()), resourceOptions);
      return servePublicly('tells clients what this service demands', serveDocument(compose));
    },
  });
}

function isGate(value: GateOptions | Gate): value is Gate {
  const { enforce, documents } = (value ?? {}) as Partial<Gate>;
  return typeof enforce === 'function' && documents !== undefined;
}
