/** A segment that the comparison understands: plain text, or one parameter that fills it. Anything else is not guessed at. */
const LITERAL = /^[A-Za-z0-9._~!$&',;=@%-]+$/;
const PARAMETER = /^:[A-Za-z_$][\w$]*$/;

/** Whether every path that fits `target` also fits `guard`, as the beginning of a path. In doubt: no. */
export function coversTemplate(
  guard: string,
  target: string,
  { caseSensitive }: { readonly caseSensitive: boolean },
): boolean {
  const guardSegments = splitTemplate(guard);
  const targetSegments = splitTemplate(target);
  if (guardSegments.length > targetSegments.length) return false;
  return guardSegments.every((segment, at) => coversSegment(segment, targetSegments[at] as string, caseSensitive));
}

/** Whether the template is made for this very path; undefined where it holds something that is not understood. */
export function fitsPath(template: string, path: string): boolean | undefined {
  const segments = splitTemplate(template);
  if (!segments.every((segment) => LITERAL.test(segment) || PARAMETER.test(segment))) return undefined;
  const values = splitTemplate(path);
  return (
    segments.length === values.length && segments.every((segment, at) => fitsSegment(segment, values[at] as string))
  );
}

function coversSegment(guard: string, target: string, caseSensitive: boolean): boolean {
  if (PARAMETER.test(guard)) return LITERAL.test(target) || PARAMETER.test(target);
  if (!LITERAL.test(guard)) return guard === target; // whatever it matches, the same text matches the same
  return caseSensitive ? guard === target : guard.toLowerCase() === target.toLowerCase();
}

function fitsSegment(segment: string, value: string): boolean {
  return PARAMETER.test(segment) || segment.toLowerCase() === value.toLowerCase();
}

function splitTemplate(template: string): readonly string[] {
  return template.split('/').filter((segment) => segment !== '');
}
