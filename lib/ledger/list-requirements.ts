import type { SettledRequirement } from '../policy/read-requirement.js';
import type { LedgerEntry } from './ledger-entry.js';

/** What the routes of an application demand, and what stands before them. */
export function listRequirements(entries: readonly LedgerEntry[]): readonly SettledRequirement[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'router') return listRequirements(entry.entries);
    if (entry.kind === 'guard') return [entry.requirement];
    const steps = entry.kind === 'route' ? entry.steps : [];
    return steps.flatMap(({ requirement }) => requirement ?? []);
  });
}
