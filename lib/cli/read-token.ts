import type { Surroundings } from './command.js';
import { UsageError } from './usage-error.js';

/** Eight times the longest token that is accepted: whatever follows can't make it a better one. */
const MAX_INPUT_BYTES = 65_536;
const SCHEME = /^(?:authorization:\s*)?(?:bearer|dpop)\s+/i;

/**
 * The token of the argument, or of standard input, where `-` or nothing is given. Without its scheme, and cut off where
 * it is longer than any token may be.
 *
 * @throws {UsageError} where there is none
 */
export async function readToken(
  argument: string | undefined,
  surroundings: Pick<Surroundings, 'input' | 'tell'>,
): Promise<string> {
  const text = argument === undefined || argument === '-' ? await readInput(surroundings) : argument;
  const token = text.trim().replace(SCHEME, '');
  if (token === '') throw new UsageError('found no token: give it as argument, or pipe it in');
  return token;
}

async function readInput({ input, tell }: Pick<Surroundings, 'input' | 'tell'>): Promise<string> {
  if (input.isTTY) tell('reading the token from standard input; end it with Ctrl-D');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_INPUT_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_INPUT_BYTES).toString('utf8');
}
