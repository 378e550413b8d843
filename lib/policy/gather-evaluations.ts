import type { DecisionRequest } from './decision.js';
import { writeCanonically } from './write-question.js';

const MEMBERS = ['subject', 'action', 'resource', 'context'] as const;

/** Several requests as one question (Authorization API 1.0, section 7.1): what they all have in common stands above them. */
export function gatherEvaluations(requests: readonly DecisionRequest[]): Readonly<Record<string, unknown>> {
  const common = MEMBERS.filter((member) => isCommon(requests.map((request) => request[member])));
  const own = MEMBERS.filter((member) => !common.includes(member));
  return { ...pick(requests[0], common), evaluations: requests.map((request) => pick(request, own)) };
}

function isCommon(values: readonly unknown[]): boolean {
  return new Set(values.map(writeCanonically)).size === 1;
}

function pick(request: DecisionRequest | undefined, members: readonly (typeof MEMBERS)[number][]): object {
  return Object.fromEntries(members.map((member) => [member, request?.[member]]));
}
