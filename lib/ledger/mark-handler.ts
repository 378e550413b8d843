import type { SettledRequirement } from '../policy/read-requirement.js';

/** `Symbol.for`, so that marks are read across two copies of this package. */
const REQUIREMENT = Symbol.for('countersign.requirement');
const PASSES = Symbol.for('countersign.passes');

type Marked = { readonly [REQUIREMENT]?: SettledRequirement; readonly [PASSES]?: string };

/** Marks a handler as the guard that demands the requirement. */
export function markRequirement<H extends object>(handler: H, requirement: SettledRequirement): H {
  return Object.defineProperty(handler, REQUIREMENT, { value: requirement });
}

/** Marks a handler as one that may stand before guards, and says why. */
export function markPasses<H extends object>(handler: H, why: string): H {
  return Object.defineProperty(handler, PASSES, { value: why, configurable: true });
}

/** What the handler demands; undefined where it is no guard. */
export function readRequirementMark(handler: object): SettledRequirement | undefined {
  return (handler as Marked)[REQUIREMENT];
}

/** Why the handler may stand before guards; undefined where nobody said so. */
export function readPassesMark(handler: object): string | undefined {
  return (handler as Marked)[PASSES];
}
