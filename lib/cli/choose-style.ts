/** How output is emphasized. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
}

const PLAIN: Style = { bold: (text) => text, dim: (text) => text };
const ANSI: Style = { bold: (text) => `\u001b[1m${text}\u001b[22m`, dim: (text) => `\u001b[2m${text}\u001b[22m` };

/** Emphasis for a terminal, unless its user wants none (https://no-color.org); none for files and pipes. */
export function chooseStyle({
  isTerminal,
  environment,
}: {
  readonly isTerminal: boolean;
  readonly environment: NodeJS.ProcessEnv;
}): Style {
  const isUnwanted = Boolean(environment['NO_COLOR']) || environment['TERM'] === 'dumb';
  return isTerminal && !isUnwanted ? ANSI : PLAIN;
}
