import type { Enforcer } from '../enforcement/enforce-access.js';

/** Judges a request: {@link Enforcer.enforce}. */
export type Enforce = Enforcer['enforce'];

/** By the public method, which views of a gate have too. */
const enforcers = new WeakMap<object, Enforce>();

/** Remembers what is behind the public method. */
export function keepEnforce<Visible extends object>(visible: Visible, enforce: Enforce): Visible {
  enforcers.set(visible, enforce);
  return visible;
}

/** What judges requests for the gate: for adapters, which can go on at once where nobody has to be waited for. */
export function readEnforce(gate: { readonly enforce: Enforce }): Enforce {
  return enforcers.get(gate.enforce) ?? gate.enforce;
}
