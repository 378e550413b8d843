import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { ConfigurationError } from '../errors.js';
import { quoteText, readText } from '../options.js';
import { isOwn } from './own-file.js';

/** The directory that an option names, made where there is none. It must be ours: who can write there can be anyone. */
export function readKeyDirectory(option: string, value: unknown): string {
  const directory = readText(option, value, "'/var/lib/order-service/keys'");
  let stats: Stats;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    stats = lstatSync(directory); // not what a link leads to, for others may move a link
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigurationError(option, `can't be made or read (${code}): ${quoteText(directory)}`, { cause });
  }
  if (!stats.isDirectory() || !isOwn(stats)) {
    throw new ConfigurationError(
      option,
      `must be a directory and no link, belong to the user of this process and be writable by nobody else, found ${quoteText(directory)}; write a directory of its own, with mode 700`,
    );
  }
  return directory;
}
