import type { SettledRequirement } from '../policy/read-requirement.js';
import type { Segment } from './compare-templates.js';

/** Where something stands: for people, and for comparing. */
export interface Place {
  /** The full templates, any of which matches, with `(untold)` for a part that the framework doesn't tell. */
  readonly labels: readonly string[];
  /** The same for comparing, without segments for the root; undefined where a part can't be compared. */
  readonly templates: readonly (readonly Segment[])[] | undefined;
}

/** A place in words. */
export function describePlace({ labels }: Place): string {
  return labels.map((label) => label || '/').join('|');
}

/** One handler of a route, in the order in which a request meets them. */
export interface Step {
  readonly name: string;
  readonly requirement?: SettledRequirement | undefined;
  /** Why it may stand before the guard. */
  readonly passes?: string | undefined;
}

/** What a request can meet in an application. `source` is the object that the framework knows it by. */
export type LedgerEntry =
  /** A requirement for everything below a place. */
  | { readonly kind: 'guard'; readonly place: Place; readonly source: object; readonly requirement: SettledRequirement }
  | {
      readonly kind: 'route';
      readonly place: Place;
      readonly source: object;
      readonly method: string;
      readonly steps: readonly Step[];
    }
  /** Something that can't be looked into. `isMounted`: on a path of its own; `isTerminal`: it can only answer. */
  | {
      readonly kind: 'layer';
      readonly place: Place;
      readonly name: string;
      readonly isMounted: boolean;
      readonly isTerminal: boolean;
      readonly passes?: string | undefined;
    }
  | { readonly kind: 'router'; readonly place: Place; readonly entries: readonly LedgerEntry[] };
