import { ConfigurationError } from '../errors.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import { describeFound, isGiven, readFunction, readOptions, readText } from '../options.js';
import type { CedarEntity, CedarRequest } from './cedar-request.js';
import { type CompiledCedar, compileCedar } from './compile-cedar.js';
import type { DecisionPoint, DecisionRequest } from './decision.js';
import { describeToCedar } from './describe-to-cedar.js';

/** Policies in Cedar, and how requests are told to them. */
export interface CedarDecisionPointOptions {
  /** Policies in Cedar's own syntax; those with an `@id("…")` are called by it in records. */
  readonly policies: string;
  /** The schema that policies, entities and requests must fit, in Cedar's syntax or as JSON. */
  readonly schema: string | object;
  /** What is known beforehand, such as the groups of users; what a request says of the same entity is laid over it. */
  readonly entities?: readonly CedarEntity[];
  /** The namespace of the schema's types and actions, as `Shop`; none by default. */
  readonly namespace?: string;
  /** What records call it where no policy decided; `cedar` by default. */
  readonly name?: string;
  /** Tells Cedar a request in other words than `described`, which is how it would be told without. */
  readonly toRequest?: (request: DecisionRequest, described: CedarRequest) => CedarRequest;
}

const KNOWN = ['policies', 'schema', 'entities', 'namespace', 'name', 'toRequest'] as const;

/**
 * Cedar in this process, by the optional peer dependency `@cedar-policy/cedar-wasm`. It comes as a promise, since policies
 * are parsed and checked against their schema before there is a decision point.
 *
 * The principal is a `User`, `Service` or `Unknown` (by `subject.type`), its id the subject's, with the attributes `issuer`,
 * `permissions`, `roles` and `clientId`; an id is unique within its issuer alone, so where several are trusted policies must look at
 * `principal.issuer`. The action is an `Action` whose id is `action.name`. The resource has the type `resource.type` in capitals
 * (`order-item` is an `OrderItem`) and its properties as attributes; the context is that of the request, its `risk` the level alone. Of all
 * these, attributes that the schema does not declare are left out. Cedar has no fractions: `toRequest` makes decimals of them.
 *
 * Policies that fail deny, although Cedar itself passes over them; so do requests that don't fit the schema.
 *
 * @throws {ConfigurationError} names the option, and what is wrong with the policies, the schema or the entities
 * @example
 * await cedarDecisionPoint({ policies: await readFile('shop.cedar', 'utf8'), schema, namespace: 'Shop' })
 */
export async function cedarDecisionPoint(options: CedarDecisionPointOptions): Promise<DecisionPoint> {
  const option = 'cedarDecisionPoint';
  const given = readOptions(option, options, KNOWN, "{ policies: 'permit(…);', schema: 'entity User; …' }");
  const name = isGiven(given, 'name') ? readText(`${option}.name`, given.name, "'payments'") : 'cedar';
  const namespace = isGiven(given, 'namespace') ? readText(`${option}.namespace`, given.namespace, "'Shop'") : '';
  const toRequest = isGiven(given, 'toRequest')
    ? readFunction<NonNullable<CedarDecisionPointOptions['toRequest']>>(`${option}.toRequest`, given.toRequest)
    : (_request: DecisionRequest, described: CedarRequest) => described;
  const cedar: CompiledCedar = await compileCedar(option, {
    policies: readText(`${option}.policies`, given.policies, "'permit(principal, action, resource) when { … };'"),
    schema: readSchema(`${option}.schema`, given.schema),
    entities: isGiven(given, 'entities') ? readEntityList(`${option}.entities`, given.entities) : [],
  });
  return Object.freeze<DecisionPoint>({
    name,
    decide(request) {
      const described = describeToCedar(request, namespace, cedar.attributes);
      return freezeDeeply(cedar.authorize(toRequest(request, described)));
    },
  });
}

function readSchema(option: string, value: unknown): string | object {
  const isJson = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isJson ? value : readText(option, value, "'entity User; entity Payment { amount: Long }; …'");
}

function readEntityList(option: string, value: unknown): readonly CedarEntity[] {
  if (Array.isArray(value)) return structuredClone(value) as readonly CedarEntity[];
  throw new ConfigurationError(option, `must be a list of entities, found ${describeFound(value)}`);
}
