import { createHash, randomUUID } from 'node:crypto';
import type { CedarEntity, CedarRequest } from './cedar-request.js';
import type { Decision } from './decision.js';
import { type CedarAttributes, listCedarAttributes } from './list-cedar-attributes.js';
import { type Cedar, demand, loadCedar, refuseOption } from './load-cedar.js';
import { nameCedarPolicies } from './name-cedar-policies.js';
import { readCedarAnswer } from './read-cedar-answer.js';

type Schema = Parameters<Cedar['checkParseSchema']>[0];
type Entities = Parameters<Cedar['checkParseEntities']>[0]['entities'];
type StatefulCall = Parameters<Cedar['statefulIsAuthorized']>[0];

/** What is compiled. */
export interface CedarSources {
  readonly policies: string;
  readonly schema: string | object;
  readonly entities: readonly CedarEntity[];
}

/** Policies that were found to fit their schema. */
export interface CompiledCedar {
  readonly attributes: CedarAttributes;
  authorize(request: CedarRequest): Decision;
}

/**
 * Parses the policies once, and checks them and the entities against the schema.
 *
 * @throws {ConfigurationError} names what does not fit
 */
export async function compileCedar(option: string, sources: CedarSources): Promise<CompiledCedar> {
  const cedar = await loadCedar(option);
  const schema = sources.schema as Schema;
  const { json } = demand(`${option}.schema`, () => cedar.schemaToJson(schema), schema);
  const staticPolicies = nameCedarPolicies(cedar, `${option}.policies`, sources.policies);
  checkPolicies(cedar, `${option}.policies`, schema, staticPolicies);
  const entities = sources.entities as Entities;
  demand(`${option}.entities`, () => cedar.checkParseEntities({ schema, entities }));
  // Cedar keeps what it parsed by a name, for as long as the process lives.
  const name = randomUUID();
  demand(`${option}.schema`, () => cedar.preparseSchema(name, schema));
  demand(`${option}.policies`, () => cedar.preparsePolicySet(name, { staticPolicies }));
  const policyVersion = `sha256:${createHash('sha256').update(sources.policies).digest('hex').slice(0, 16)}`;
  const settled = { preparsedSchemaName: name, preparsedPolicySetId: name, validateRequest: true };
  return {
    attributes: listCedarAttributes(json),
    authorize(request) {
      const call = { ...request, ...settled, entities: mergeEntities(sources.entities, request.entities) };
      return { ...readCedarAnswer(cedar.statefulIsAuthorized(call as StatefulCall)), policyVersion };
    },
  };
}

function checkPolicies(
  cedar: Cedar,
  option: string,
  schema: Schema,
  staticPolicies: Readonly<Record<string, string>>,
): void {
  const found = demand(option, () => cedar.validate({ schema, policies: { staticPolicies } }));
  const troubles = found.validationErrors.map(({ error }) => error);
  if (troubles.length > 0) throw refuseOption(option, troubles);
  for (const { error } of found.validationWarnings) {
    process.emitWarning(`${option}: ${error.message}`, { code: 'COUNTERSIGN_CEDAR_POLICY' });
  }
}

/** What is known of an entity beforehand, such as its groups, and what the request says of it. */
function mergeEntities(known: readonly CedarEntity[], asked: readonly CedarEntity[]): readonly CedarEntity[] {
  const merged = new Map(known.map((entity) => [keyOf(entity), entity]));
  for (const entity of asked) {
    const before = merged.get(keyOf(entity));
    merged.set(keyOf(entity), {
      ...before,
      uid: entity.uid,
      attrs: { ...before?.attrs, ...entity.attrs },
      parents: [...(before?.parents ?? []), ...entity.parents],
    });
  }
  return [...merged.values()];
}

function keyOf({ uid }: CedarEntity): string {
  return JSON.stringify([uid.type, uid.id]);
}
