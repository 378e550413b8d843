/** A line in pieces that fit, broken after commas. */
export function wrapLine(line: string, width: number): readonly string[] {
  const pieces: string[] = [];
  for (const member of line.split(/(?<=,)(?=["\s])/)) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + member.length <= width) pieces[pieces.length - 1] = last + member;
    else pieces.push(member.trimStart());
  }
  return pieces;
}
