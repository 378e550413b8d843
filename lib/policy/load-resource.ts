import { AccessDenied } from '../errors.js';
import { describeFound } from '../options.js';
import type { LoadResource, Resource } from './decision.js';

/**
 * The resource that the route's loader finds; undefined where the route has none.
 *
 * @throws {AccessDenied} `resource_missing`, or `policy_denied` where the route tells nobody what there is
 */
export async function loadResource(
  {
    loadResource: load,
    missingResource,
  }: { readonly loadResource?: LoadResource; readonly missingResource?: 404 | 403 },
  carrier: object,
): Promise<Resource | undefined> {
  if (!load) return undefined;
  const found: unknown = await load(carrier);
  if (found === undefined || found === null) {
    const reason = missingResource === 403 ? 'policy_denied' : 'resource_missing';
    throw new AccessDenied(reason, 'there is no such resource');
  }
  const { type, id, properties = {} } = found as Partial<Resource>;
  if (typeof type !== 'string' || type === '' || typeof id !== 'string' || !isObject(properties)) {
    throw new TypeError(
      `countersign: a loader must give { type, id, properties? } with texts for type and id, gave ${describeFound(found)}`,
    );
  }
  return properties === (found as Partial<Resource>).properties ? (found as Resource) : { type, id, properties };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
