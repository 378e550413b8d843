import type { DecisionRequest } from './decision.js';
import { hashRequest } from './hash-request.js';
import { writeCanonically } from './write-question.js';

const MEMBERS = ['subject', 'action', 'resource', 'context'] as const;

/**
 * Several requests as one question (Authorization API 1.0, section 7.1): what they all have in common stands above them.
 *
 * @throws {TypeError} where two of them tell different things of one subject and one resource
 */
export function gatherEvaluations(requests: readonly DecisionRequest[]): Readonly<Record<string, unknown>> {
  refuseContradictions(requests);
  const common = MEMBERS.filter((member) => isCommon(requests.map((request) => request[member])));
  const own = MEMBERS.filter((member) => !common.includes(member));
  return { ...pick(requests[0], common), evaluations: requests.map((request) => pick(request, own)) };
}

/** Who looks entities up by their ids alone would answer the second of such questions by what the first one says. */
function refuseContradictions(requests: readonly DecisionRequest[]): void {
  const told = new Map<string, string>();
  for (const request of requests) {
    const { subject, resource } = request;
    const about = writeCanonically([subject?.id, resource?.type, resource?.id]);
    const facts = hashRequest({ ...request, action: { name: '', properties: { method: '', permissions: [] } } });
    if ((told.get(about) ?? facts) !== facts) {
      throw new TypeError('countersign: requests that tell different things of one resource must be asked one by one');
    }
    told.set(about, facts);
  }
}

function isCommon(values: readonly unknown[]): boolean {
  return new Set(values.map(writeCanonically)).size === 1;
}

function pick(request: DecisionRequest | undefined, members: readonly (typeof MEMBERS)[number][]): object {
  return Object.fromEntries(members.map((member) => [member, request?.[member]]));
}
