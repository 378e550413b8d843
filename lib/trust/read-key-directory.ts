import { mkdirSync, type Stats, statSync } from 'node:fs';
import { ConfigurationError } from '../errors.js';
import { quoteText, readText } from '../options.js';
import { isOwn } from './own-file.js';

/** The directory that an option names, made where there is none. It must be ours: who can write there can be anyone. */
export function readKeyDirectory(option: string, value: unknown): string {
  const directory = readText(option, value, "'/var/lib/order-service/keys'");
  let stats: Stats;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    stats = statSync(directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigurationError(option, `can't be made or read (${code}): ${quoteText(directory)}`, { cause });
  }
  if (!isOwn(stats)) {
    throw new ConfigurationError(
      option,
      `must belong to the user of this process and be writable by nobody else, found ${quoteText(directory)}; write a directory of its own, with mode 700`,
    );
  }
  return directory;
}
