import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.js';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

/**
 * The options and the other arguments, of which there may be so many.
 *
 * @throws {UsageError} it quotes no argument: any could be a token
 */
export function parseArguments<const O extends Options>(
  args: readonly string[],
  { options, most }: { readonly options: O; readonly most: 0 | 1 },
): Parsed<O> {
  const parsed = parseOrExplain(args, options);
  if (parsed.positionals.length > most) {
    throw new UsageError(most === 0 ? 'takes no argument but options' : 'takes one argument beside its options');
  }
  return parsed;
}

function parseOrExplain<O extends Options>(args: readonly string[], options: O): Parsed<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { message } = error as Error;
    const known = Object.keys(options).map((name) => `--${name}`);
    const named = known.find((name) => message.includes(`'${name}`) || message.includes(` ${name} `));
    if (named) throw new UsageError(`${named} is not written as it should be`);
    throw new UsageError(known.length > 0 ? `unknown option; known: ${known.join(', ')}` : 'unknown option');
  }
}
