import { REASON_CODES, type ReasonCode } from '../errors.js';
import { refusals } from '../http/refusals.js';
import type { Style } from './choose-style.js';
import type { Command } from './command.js';
import { explanations } from './explanations.js';
import { parseArguments } from './parse-arguments.js';
import { readReason } from './read-reason.js';
import { summarizeRefusal } from './summarize-refusal.js';

/** `countersign docs`: what each reason code means, and what to do about it. */
export const explainReasons: Command = {
  usage: 'countersign docs [reason]',
  summary: 'explains a reason code, or all of them: cause, cure, and how it is told',
  details: [],
  run(args, { style }) {
    const { positionals } = parseArguments(args, { options: {}, most: 1 });
    const [name] = positionals;
    const codes = name === undefined ? REASON_CODES : [readReason(name)];
    return {
      exitCode: 0,
      lines: codes.flatMap((code, at) => [...(at > 0 ? [''] : []), ...describeReason(code, style)]),
    };
  },
};

/** Everything about a reason, a line each. */
function describeReason(code: ReasonCode, style: Style): readonly string[] {
  const { cause, cure } = explanations[code];
  return [
    style.bold(code),
    `  told as   ${summarizeRefusal(code)}`,
    `  severity  ${refusals[code].severity}`,
    `  cause     ${cause}`,
    `  cure      ${cure}`,
  ];
}
