import { AccessDenied } from '../errors.js';
import { alignTable } from './align-table.js';
import type { Style } from './choose-style.js';
import type { Command, Result } from './command.js';
import { escapeJson } from './escape-text.js';
import { explanations } from './explanations.js';
import { noteOddities } from './note-oddities.js';
import { parseArguments } from './parse-arguments.js';
import { readToken } from './read-token.js';
import { splitToken, type UnverifiedToken } from './split-token.js';
import { summarizeRefusal } from './summarize-refusal.js';
import { tellDistance, tellDuration, tellTime } from './tell-time.js';

/** `countersign inspect`: what a token says, without believing it. */
export const inspectToken: Command = {
  usage: 'countersign inspect [token | -]',
  summary: 'shows what a token says, unverified, and never its signature',
  details: ['Without a token, or with -, it is read from standard input, and stays out of the shell history.'],
  async run(args, surroundings) {
    const { positionals } = parseArguments(args, { options: {}, most: 1 });
    const text = await readToken(positionals[0], surroundings);
    const { style, now } = surroundings;
    try {
      return { exitCode: 0, lines: describeToken(splitToken(text), style, now) };
    } catch (error) {
      if (error instanceof AccessDenied) return describeRefusal(error, text, style);
      throw error;
    }
  },
};

function describeToken(token: UnverifiedToken, style: Style, now: number): readonly string[] {
  const { unverifiedHeader, unverifiedClaims, signatureLength } = token;
  const times = describeTimes(unverifiedClaims, now);
  const oddities = noteOddities(token, now);
  return [
    `${style.bold('UNVERIFIED')}: nothing below was checked, and anybody can write such a token.`,
    '',
    style.bold('header'),
    ...indent(escapeJson(unverifiedHeader).split('\n')),
    style.bold('claims'),
    ...indent(escapeJson(unverifiedClaims).split('\n')),
    ...(times.length > 0 ? [style.bold('times'), ...indent(alignTable(times))] : []),
    style.bold('signature'),
    `  ${signatureLength} bytes, not shown, not verified`,
    ...(oddities.length > 0 ? [style.bold('at first sight'), ...indent(alignTable(oddities))] : []),
  ];
}

function describeRefusal({ reason, message }: AccessDenied, text: string, style: Style): Result {
  const { cause, cure } = explanations[reason];
  const lines = [
    `${style.bold(reason)}: ${message}`,
    `  found    ${text.length} characters, ${countParts(text)}`,
    `  told as  ${summarizeRefusal(reason)}`,
    `  cause    ${cause}`,
    `  cure     ${cure}`,
  ];
  return { exitCode: 1, lines };
}

/** RFC 7516 section 3.1: an encrypted token has five parts. */
function countParts(text: string): string {
  const { length } = text.split('.');
  if (length === 5) return '5 parts, as an encrypted token has';
  return length === 1 ? 'no dots: an opaque token?' : `${length} parts`;
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time'] as const;

/** The times of a token for people, and how long it lives. */
function describeTimes(claims: UnverifiedToken['unverifiedClaims'], now: number): readonly (readonly string[])[] {
  const rows: string[][] = [];
  for (const name of TIMES) {
    const value = claims[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    rows.push([name, tellTime(value), tellWhen(name, value, now)]);
  }
  const { iat, exp } = claims;
  if (typeof iat === 'number' && typeof exp === 'number' && Number.isFinite(exp) && exp > iat)
    rows.push(['life', tellDuration(exp - iat)]);
  return rows;
}

const VERBS: Readonly<Record<(typeof TIMES)[number], readonly [past: string, future: string]>> = {
  iat: ['issued', 'issued only'],
  nbf: ['valid since', 'valid only'],
  exp: ['expired', 'expires'],
  auth_time: ['authenticated', 'authenticated only'],
};

function tellWhen(name: (typeof TIMES)[number], time: number, now: number): string {
  const [past, future] = VERBS[name];
  return `${time > now ? future : past} ${tellDistance(time, now)}`;
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
