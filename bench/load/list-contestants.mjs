/** The two ways to write log lines, which every stack is measured in. */
export const modes = [
  { mode: 'one by one', isBatched: false },
  { mode: 'in batches', isBatched: true },
];

export const nameContestant = (file, { mode }) => `${file}, ${mode}`;

/** The bare server, and each stack in both modes; for a first look, with lines in batches alone. */
export function listContestants({ bare, stacks }, isQuick) {
  const chosen = modes.filter(({ isBatched }) => isBatched || !isQuick);
  const inModes = (stack) => chosen.map((mode) => ({ ...stack, ...mode, name: nameContestant(stack.file, mode) }));
  return [{ ...bare, mode: 'none', name: bare.file, isBare: true }, ...stacks.flatMap(inModes)];
}
