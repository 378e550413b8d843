import { ConfigurationError } from '../errors.js';
import { readEntries, readFunction } from '../options.js';
import type { Fulfil } from './ask-decision-points.js';

/** The `obligations` option: how obligations are met, by their type. */
export function readObligations(value: unknown): ReadonlyMap<string, Fulfil> {
  const example = '{ notify_owner: async (obligation, request) => … }';
  return new Map(
    readEntries('obligations', value, { what: 'an object of functions', example }).map(([type, fulfil]) => {
      if (type === '')
        throw new ConfigurationError('obligations', `has a name that is empty; write for example ${example}`);
      return [type, readFunction<Fulfil>(`obligations.${type}`, fulfil)];
    }),
  );
}
