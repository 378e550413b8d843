import { splitTemplate } from './compare-templates.js';
import type { Place } from './ledger-entry.js';
import { UntoldPath } from './read-layer-path.js';

/** The place of an application that is mounted nowhere. */
export const ROOT: Place = { labels: [''], templates: [[]] };
/** What stands for a path that the router doesn't tell. */
export const UNTOLD = '/(untold)';

/** The place of a path within the place of its router. */
export function placeBelow(
  above: Place,
  path: unknown,
  { caseSensitive, isRoute }: { readonly caseSensitive: boolean; readonly isRoute: boolean },
): Place {
  const written: readonly unknown[] = Array.isArray(path) ? path.flat(Number.POSITIVE_INFINITY) : [path];
  const texts = written.map((one) => comparePath(one, isRoute));
  const parts = texts.map((text) => splitTemplate(text ?? '').map((segment) => ({ text: segment, caseSensitive })));
  const isComparable = above.templates !== undefined && !texts.includes(undefined);
  return {
    labels: above.labels.flatMap((prefix) => written.map((one) => prefix + labelPath(one))),
    templates: isComparable
      ? above.templates?.flatMap((prefix) => parts.map((part) => [...prefix, ...part]))
      : undefined,
  };
}

function labelPath(path: unknown): string {
  if (typeof path === 'string') return path.replace(/\/$/, '');
  return path instanceof RegExp ? `/(${path.source})` : UNTOLD;
}

/** A path for comparing. One pattern twice matches the same, but only where both match a beginning, as mounts do. */
function comparePath(path: unknown, isRoute: boolean): string | undefined {
  if (typeof path === 'string') return path;
  const pattern = path instanceof UntoldPath ? path.pattern : path;
  // With `g` or `y` a pattern remembers where it was, and matches every other time.
  if (!(pattern instanceof RegExp) || isRoute || pattern.global || pattern.sticky) return undefined;
  return `/(${encodeURIComponent(String(pattern))})`;
}
