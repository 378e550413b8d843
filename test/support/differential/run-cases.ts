import { isDeepStrictEqual } from 'node:util';
import type { ReasonCode } from 'countersign';
import fc from 'fast-check';
import { type Case, type Draft, finish, honestDraft, type Mutation } from './draft.js';
import { judgeByJose, judgeByUs } from './judge.js';
import { claimMutation } from './mutate-claims.js';
import { headerMutation } from './mutate-header.js';
import { keyMutation } from './mutate-key.js';
import { keySetMutation } from './mutate-key-set.js';
import { signatureMutation } from './mutate-signature.js';
import { textMutation } from './mutate-text.js';
import { type Json, readCase } from './read-case.js';
import { rules } from './rules.js';

/** How a run went. */
export interface Tally {
  cases: number;
  acceptedByBoth: number;
  refusedByBoth: number;
  acceptedByJoseAlone: number;
  /** How often each rule of the table explained a refusal of ours. */
  readonly byRule: Map<string, number>;
  /** How often we refused for each reason. */
  readonly byReason: Map<string, number>;
}

export function openTally(): Tally {
  const none = Object.keys(rules).map((name) => [name, 0] as const);
  const counts = { cases: 0, acceptedByBoth: 0, refusedByBoth: 0, acceptedByJoseAlone: 0 };
  return { ...counts, byRule: new Map(none), byReason: new Map() };
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 5, arbitrary: claimMutation },
  { weight: 3, arbitrary: keyMutation },
  { weight: 2, arbitrary: keySetMutation },
  { weight: 3, arbitrary: headerMutation },
  { weight: 2, arbitrary: textMutation },
  { weight: 2, arbitrary: signatureMutation },
);
const mutations = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 12, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 1 }) },
  { weight: 6, arbitrary: fc.array(mutation, { minLength: 2, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(mutation, { minLength: 3, maxLength: 4 }) },
);

const SHRINKING_MILLISECONDS = 20_000;

/**
 * Shows so many cases to both verifiers, and adds to the tally what they made of them.
 *
 * @throws {Error} at the first disagreement that no rule explains, with the seed and the smallest case that shows it
 */
export async function runCases(runs: number, seed: number, tally: Tally): Promise<void> {
  let shrinkUntil = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(honestDraft, mutations, async (draft, changes) => {
    if (performance.now() > shrinkUntil) return; // small enough: whatever else would be tried passes
    const shown = mutate(draft, changes);
    const problem = await compare(shown, tally).catch(
      (error) => `it is neither accepted nor refused: ${String(error)}`,
    );
    if (problem === undefined) return;
    shrinkUntil = Math.min(shrinkUntil, performance.now() + SHRINKING_MILLISECONDS);
    throw new Error(explain(problem, changes, shown));
  });
  const result = await fc.check(property, { numRuns: runs, seed });
  if (result.failed) throw new Error(`seed ${seed}: ${(result.errorInstance as Error).message}`);
}

function mutate(draft: Draft, changes: readonly Mutation[]): Case {
  try {
    return finish(changes.reduce((changed, { apply }) => apply(changed), draft));
  } catch (cause) {
    const names = changes.map(({ name }) => name).join('; ');
    throw new Error(`no case can be made of these mutations: ${names} (${String(cause)})`, { cause });
  }
}

/** What is wrong with the two verdicts on a case, if anything is. */
async function compare(shown: Case, tally: Tally): Promise<string | undefined> {
  const [ours, theirs] = await Promise.all([judgeByUs(shown), judgeByJose(shown)]);
  tally.cases++;
  if (!ours.isAccepted) count(tally.byReason, ours.reason);
  if (ours.isAccepted && !theirs.isAccepted) return `we accept it, jose refuses it: ${String(theirs.reason)}`;
  if (!theirs.isAccepted) {
    tally.refusedByBoth++;
    return undefined;
  }
  if (ours.isAccepted) {
    tally.acceptedByBoth++;
    return doubtAcceptance(shown, ours.claims, theirs.claims);
  }
  tally.acceptedByJoseAlone++;
  return explainRefusal(shown, ours.reason, tally);
}

function doubtAcceptance(shown: Case, ours: Json, theirs: Json): string | undefined {
  if (!isDeepStrictEqual({ ...ours }, { ...theirs })) return 'both accept it, and read different claims';
  if (shown.token !== shown.signed) return 'both accept it, though it was damaged on its way';
  const reading = readCase(shown);
  const broken = Object.entries(rules).find(([, { applies, binds = applies }]) => binds(reading));
  return broken && `both accept it, against our rule that ${broken[0]}`;
}

function explainRefusal(shown: Case, reason: ReasonCode, tally: Tally): string | undefined {
  const reading = readCase(shown);
  const fitting = Object.entries(rules).filter(([, { codes, applies }]) => codes.includes(reason) && applies(reading));
  for (const [name] of fitting) count(tally.byRule, name);
  return fitting.length > 0 ? undefined : `jose accepts it, we refuse it (${reason}), and no rule of ours explains it`;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function explain(problem: string, changes: readonly Mutation[], { token, keys, allowed }: Case): string {
  const parts = token.split('.').slice(0, 2);
  return [
    problem,
    ...changes.map(({ name }) => `  mutation: ${name}`),
    ...parts.map((part) => `  reads: ${JSON.stringify(Buffer.from(part, 'base64url').toString())}`),
    `  token: ${JSON.stringify(token)}`,
    `  keys: ${JSON.stringify(keys)}`,
    `  allowed: ${allowed.join(', ')}`,
  ].join('\n');
}

/** The tally for people. */
export function describeTally({ byRule, byReason, ...counts }: Tally): string {
  const share = (number: number) => `${number} (${((100 * number) / counts.cases).toFixed(1)} %)`;
  const list = (numbers: ReadonlyMap<string, number>) => [...numbers].map(([name, number]) => `  ${number}  ${name}`);
  return [
    `${counts.cases} cases: accepted by both ${share(counts.acceptedByBoth)}, refused by both ${share(counts.refusedByBoth)},`,
    `accepted by jose alone ${share(counts.acceptedByJoseAlone)}. Of those we refused by the rule that`,
    ...list(byRule),
    'Reasons for which we refused:',
    ...list(byReason),
  ].join('\n');
}
