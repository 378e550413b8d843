/**
 * What a decision point is sent, as JSON. A set becomes a list, as permissions are one; members without a value are left out.
 *
 * @throws {TypeError} where something would turn into something else on the way, as infinity into null, which is less
 *   than any limit
 */
export function writeQuestion(question: unknown): string {
  return JSON.stringify(question, (name, value: unknown) => {
    if (value instanceof Set) return [...value];
    const isLost = value instanceof Map || (typeof value === 'number' && !Number.isFinite(value));
    if (!isLost) return value;
    throw new TypeError(`countersign: the member ${name} of the question to a decision point can't be written as JSON`);
  });
}

/** One text for all that says the same as JSON: members are in the order of their names. */
export function writeCanonically(question: unknown): string {
  return writeInOrder(JSON.parse(writeQuestion({ question })));
}

function writeInOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(writeInOrder).join(',')}]`;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${writeInOrder(member)}`).join(',')}}`;
}
