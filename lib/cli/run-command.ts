import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../errors.js';
import { checkReadiness } from './check-readiness.js';
import type { Command, Result, Surroundings } from './command.js';
import { escapeText } from './escape-text.js';
import { explainDecision } from './explain-decision.js';
import { explainReasons } from './explain-reasons.js';
import { inspectToken } from './inspect-token.js';
import { UsageError } from './usage-error.js';

const commands: Readonly<Record<string, Command>> = {
  readiness: checkReadiness,
  explain: explainDecision,
  inspect: inspectToken,
  docs: explainReasons,
};

/** Runs the command that the arguments name. What can't be run is told, and ends with 2. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<Result> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') return { exitCode: 0, lines: [readVersion()] };
  if (name === '--help' || name === '-h' || name === 'help') return { exitCode: 0, lines: describeCommands() };
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  try {
    if (!command) throw new UsageError(name === undefined ? 'what shall it do?' : 'there is no such command');
    if (rest.includes('--help') || rest.includes('-h')) return { exitCode: 0, lines: describeCommand(command) };
    return await command.run(rest, surroundings);
  } catch (error) {
    surroundings.tell(`countersign: ${explain(error)}`);
    surroundings.tell(command ? `usage: ${command.usage}` : 'usage: countersign <command>; see countersign --help');
    return { exitCode: 2, lines: [] };
  }
}

/** Never a stack: what is wrong with a call is in its message. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const isOurs = error instanceof UsageError || error instanceof ConfigurationError;
  return escapeText(isOurs ? message.replace(/^countersign: /, '') : `failed unexpectedly: ${message}`);
}

function describeCommands(): readonly string[] {
  const all = Object.values(commands);
  return [
    'usage: countersign <command> [options]',
    '',
    ...all.flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]),
    '',
    'countersign <command> --help says more. Tokens are read from standard input where none is given.',
    'Exit codes: 0, all is well; 1, something would be denied; 2, it could not be told.',
  ];
}

function describeCommand({ usage, summary, details }: Command): readonly string[] {
  return [`usage: ${usage}`, '', `It ${summary}.`, ...(details.length > 0 ? ['', ...details] : [])];
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
