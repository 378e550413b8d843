import { ConfigurationError } from '../errors.js';
import { type Cedar, demand } from './load-cedar.js';

/**
 * Each policy of a text by its `@id`, which records name; else by its place: `policy0`, `policy1` …
 *
 * @throws {ConfigurationError} where the text is not in Cedar, holds a template, two of one name, or nothing
 */
export function nameCedarPolicies(cedar: Cedar, option: string, text: string): Readonly<Record<string, string>> {
  const { policies, policy_templates: templates } = demand(option, () => cedar.policySetTextToParts(text), text);
  if (templates.length > 0) throw new ConfigurationError(option, 'must hold no templates');
  if (policies.length === 0) throw new ConfigurationError(option, 'must hold a policy: nobody could come in');
  // They come in the order of the names that Cedar gives them, in which policy10 stands before policy2.
  const places = policies.map((_, at) => `policy${at}`).sort();
  const named = new Map<string, string>();
  for (const [at, policy] of policies.entries()) {
    const { json } = demand(option, () => cedar.policyToJson(policy));
    const id = json.annotations?.['id'] ?? places[at] ?? '';
    if (named.has(id)) throw new ConfigurationError(option, `holds two policies named ${JSON.stringify(id)}`);
    named.set(id, policy);
  }
  return Object.fromEntries(named);
}
