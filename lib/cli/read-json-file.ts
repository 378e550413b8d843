import { readFileSync } from 'node:fs';
import { UsageError } from './usage-error.js';

/** The JSON object in a file. `option` is for the message, which quotes nothing of the file. @throws {UsageError} */
export function readJsonFile(option: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    throw new UsageError(`can't read the file of ${option}: ${code ?? name}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UsageError(`the file of ${option} must hold a JSON object`);
}
