import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Gate } from '../gate/create-gate.js';
import type { Demands } from '../gate/describe-resource.js';
import type { PublishedDocument } from '../gate/publish-documents.js';
import { writeRefusal } from '../http/write-refusal.js';
import { markRequirement } from '../ledger/mark-handler.js';
import { type Requirement, type SettledRequirement, settleRequirement } from '../policy/read-requirement.js';
import type { Endpoints } from './module-options.js';
import type { RequestRecords } from './request-records.js';

interface Endpoint {
  readonly requirement: Requirement;
  /** Settles what it can at start, and returns what makes the document. */
  readonly open: (gate: Gate, listDemands: () => Demands) => () => PublishedDocument | Promise<PublishedDocument>;
}

const endpoints: Readonly<Record<keyof Endpoints, Endpoint>> = {
  metrics: { requirement: { permissions: 'metrics:read' }, open: (gate) => gate.documents.metrics() },
  jwks: {
    requirement: { public: 'public keys, for whoever verifies our tokens' },
    open: (gate) => gate.documents.jwks(),
  },
  metadata: { requirement: { public: 'says where our public keys are' }, open: (gate) => gate.documents.metadata() },
  resourceMetadata: {
    requirement: { public: 'tells clients what this service demands' },
    open: (gate, listDemands) => gate.documents.resourceMetadata(listDemands),
  },
  health: { requirement: { public: 'liveness probe, says nothing' }, open: () => () => alive },
};

const alive: PublishedDocument = {
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: '{"status":"up"}',
};

/** A request or response of Express, which is Node's own, or of Fastify, which holds Node's. */
type Carrier<Own> = Own & { readonly raw?: Own; hijack?(): unknown };

/** An endpoint whose document is settled. */
interface OpenEndpoint {
  readonly path: string;
  readonly requirement: SettledRequirement;
  readonly compose: () => PublishedDocument | Promise<PublishedDocument>;
}

/** The endpoints at their paths. @throws {ConfigurationError} for one that has nothing to publish */
export function openEndpoints(
  paths: Endpoints,
  gate: Gate,
  listDemands: () => readonly SettledRequirement[],
): readonly OpenEndpoint[] {
  const named = Object.entries(paths) as [keyof Endpoints, string][];
  const listAll = () => [...listDemands(), ...named.map(([name]) => endpoints[name].requirement)];
  return named.map(([name, path]) => {
    const { requirement, open } = endpoints[name];
    return { path, requirement: settleRequirement(requirement), compose: open(gate, listAll) };
  });
}

/**
 * Serves the endpoints at their paths, as they are written: neither the global prefix nor any guard of the application
 * touches them, so each is judged here.
 */
export function mountEndpoints(
  adapter: AbstractHttpAdapter,
  opened: readonly OpenEndpoint[],
  gate: Gate,
  records: RequestRecords,
): void {
  for (const { path, requirement, compose } of opened) {
    async function serve(request: Carrier<IncomingMessage>, response: ServerResponse): Promise<void> {
      const judged = gate.enforce(records.describe(request, request.raw ?? request), requirement);
      records.await(request.raw ?? request, judged);
      const { refusal } = await judged;
      if (refusal) return writeRefusal(response, refusal);
      const { headers, body } = await compose();
      for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
      response.end(body);
    }

    function handle(request: Carrier<IncomingMessage>, reply: Carrier<ServerResponse>): void {
      reply.hijack?.();
      const response = reply.raw ?? reply;
      serve(request, response).catch(() => response.destroy());
    }

    adapter.get(path, markRequirement(handle, requirement));
  }
}
