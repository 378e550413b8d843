import { describe, expect, it } from '@jest/globals';
import { REASON_CODES, refusals } from 'countersign';
import { chooseStyle } from '../../lib/cli/choose-style.js';
import { explanations } from '../../lib/cli/explanations.js';
import { runCommand } from '../support/run-command.js';

describe('countersign docs', () => {
  it('explains one reason', async () => {
    const { code, stdout, stderr } = await runCommand(['docs', 'token_expired']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^token_expired\n {2}told as {3}401 invalid_token\n {2}severity {2}notice\n {2}cause {5}exp has passed\n {2}cure {6}\S.+\n$/,
    );
  });

  it('explains every reason, in the order of the list', async () => {
    const { stdout } = await runCommand(['docs']);
    const blocks = stdout.trimEnd().split('\n\n');
    expect(blocks.map((block) => block.split('\n')[0])).toEqual([...REASON_CODES]);
    for (const code of REASON_CODES) {
      expect(stdout).toContain(explanations[code].cure);
      expect(stdout).toContain(String(refusals[code].status));
    }
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(125);
  });

  it('says which reasons are alike where there is none of the name', async () => {
    const { code, stdout, stderr } = await runCommand(['docs', 'Expired']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('did you mean token_expired?');
  });
});

describe('countersign', () => {
  it.each([['--help'], ['-h'], ['help'], ['docs', '--help'], ['--version']])('answers %s %s', async (...args) => {
    const { code, stdout, stderr } = await runCommand(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(args[0] === '--version' ? /^\d+\.\d+\.\d+\n$/ : /^usage: countersign /);
  });

  it.each([
    ['nothing', []],
    ['an unknown command', ['verify']],
    ['a member that every object has', ['constructor']],
    ['an unknown option', ['docs', '--all']],
    ['too many arguments', ['docs', 'token_expired', 'token_missing']],
    ['an option in the place of a value', ['docs', '--', '--x']],
  ])('ends with 2 for %s, without a stack', async (_what, args) => {
    const { code, stdout, stderr } = await runCommand(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^countersign: .+\nusage: countersign .+\n$/);
  });

  it('repeats no argument in its complaints: it could be a token', async () => {
    const token = `eyJ${'a'.repeat(30)}.eyJ${'b'.repeat(30)}.${'c'.repeat(40)}`;
    for (const args of [[token], ['docs', token], ['inspect', token, token], ['inspect', `--${token}`]]) {
      const { stdout, stderr } = await runCommand(args);
      expect(stdout + stderr).not.toContain('aaaa');
      expect(stdout + stderr).not.toContain('cccc');
    }
  });

  it('emphasizes on terminals alone, and where nobody objects', () => {
    const bold = (isTerminal: boolean, environment: NodeJS.ProcessEnv) =>
      chooseStyle({ isTerminal, environment }).bold('x');
    expect(bold(true, {})).toBe('\u001b[1mx\u001b[22m');
    expect(bold(true, { NO_COLOR: '1' })).toBe('x');
    expect(bold(true, { TERM: 'dumb' })).toBe('x');
    expect(bold(false, {})).toBe('x');
  });
});
