#!/usr/bin/env node
import { chooseStyle } from './choose-style.js';
import { runCommand } from './run-command.js';

const { exitCode, lines } = await runCommand(process.argv.slice(2), {
  input: process.stdin,
  tell: (message) => process.stderr.write(`${message}\n`),
  style: chooseStyle({ isTerminal: process.stdout.isTTY, environment: process.env }),
  now: Date.now() / 1000,
});

// A pager that was closed wants no more of it. That is no error.
process.stdout.on('error', () => process.exit(exitCode));
// Whatever a configuration opened would keep the process alive.
process.stdout.write(lines.map((line) => `${line}\n`).join(''), () => process.exit(exitCode));
