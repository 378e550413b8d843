import type { CedarRequest } from './cedar-request.js';
import type { DecisionRequest } from './decision.js';
import type { CedarAttributes } from './list-cedar-attributes.js';
import { writeQuestion } from './write-question.js';

/** The request in Cedar's words. Ids stay values: nothing of a request becomes text of a policy. */
export function describeToCedar(
  { subject, action, resource, context }: DecisionRequest,
  namespace: string,
  attributes: CedarAttributes,
): CedarRequest {
  const typeOf = (name: string) => (namespace === '' ? name : `${namespace}::${name}`);
  const principal = { type: typeOf(nameType(subject.type)), id: subject.id };
  const target = { type: typeOf(nameType(resource.type)), id: resource.id };
  const asked = { type: typeOf('Action'), id: action.name };
  const known = (properties: object, names: ReadonlySet<string> | undefined) =>
    Object.fromEntries(Object.entries(readValues(properties)).filter(([name]) => names?.has(name) ?? true));
  const { issuer, permissions, roles, clientId } = subject.properties;
  const verified = { issuer, permissions, roles, clientId };
  // Callers may write what stands in their own profile: what was verified of them can't come from there.
  const isSelf = target.type === principal.type && target.id === principal.id;
  const properties = isSelf ? omit(resource.properties ?? {}, Object.keys(verified)) : (resource.properties ?? {});
  return {
    principal,
    action: asked,
    resource: target,
    // Cedar has no fractions: of a risk it is told the level.
    context: known({ ...context, risk: context.risk?.level }, attributes.ofContext(asked)),
    entities: [
      { uid: principal, attrs: known(verified, attributes.ofEntity(principal.type)), parents: [] },
      { uid: target, attrs: known(properties, attributes.ofEntity(target.type)), parents: [] },
    ],
  };
}

function omit(properties: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

/** `user` is a `User`, and an `order-item` an `OrderItem`. */
function nameType(type: string): string {
  const words = type.split(/[^A-Za-z0-9_]+/);
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

/** Cedar has no null: a member without a value is left out. */
function readValues(properties: object): Record<string, unknown> {
  return JSON.parse(writeQuestion(properties), (_name, value: unknown) => value ?? undefined) as Record<
    string,
    unknown
  >;
}
