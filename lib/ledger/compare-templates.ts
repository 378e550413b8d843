/** One part of a path, between slashes, as one router wrote it. */
export interface Segment {
  readonly text: string;
  /** Whether its router tells upper from lower case. */
  readonly caseSensitive: boolean;
}

/** A segment that the comparison understands: plain text, or one parameter that fills it. Anything else is not guessed at. */
const LITERAL = /^[A-Za-z0-9._~!$&',;=@%-]+$/;
const PARAMETER = /^:[A-Za-z_$][\w$]*$/;

/** Whether every path that fits `target` also fits `guard`, as the beginning of a path. In doubt: no. */
export function coversTemplate(guard: readonly Segment[], target: readonly Segment[]): boolean {
  return guard.length <= target.length && guard.every((segment, at) => coversSegment(segment, target[at] as Segment));
}

function coversSegment(guard: Segment, target: Segment): boolean {
  if (PARAMETER.test(guard.text)) return LITERAL.test(target.text) || PARAMETER.test(target.text);
  // A guard that tells upper from lower case can be walked around where its target doesn't.
  if (guard.caseSensitive) return target.caseSensitive && guard.text === target.text;
  // What is not plain text matches whatever it matches: the same text matches the same.
  return LITERAL.test(guard.text) ? guard.text.toLowerCase() === target.text.toLowerCase() : guard.text === target.text;
}

/** Whether the template is made for this very path; undefined where it holds something that is not understood. */
export function fitsPath(template: string, path: string): boolean | undefined {
  const segments = splitTemplate(template);
  if (!segments.every((text) => LITERAL.test(text) || PARAMETER.test(text))) return undefined;
  const values = splitTemplate(path);
  return segments.length === values.length && segments.every((text, at) => fitsSegment(text, values[at] as string));
}

function fitsSegment(segment: string, value: string): boolean {
  return PARAMETER.test(segment) || segment.toLowerCase() === value.toLowerCase();
}

/** The parts of a path; an empty one in the middle is a part of its own. */
export function splitTemplate(template: string): readonly string[] {
  const inner = template.replace(/^\//, '').replace(/\/$/, '');
  return inner === '' ? [] : inner.split('/');
}
