import { ConfigurationError } from '../errors.js';
import { readEntries } from '../options.js';

/** What a decision point outside wants to see of us, as `{ authorization: 'Bearer …' }`; or what gives it, where it changes. */
export type HeadersOption =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 section 5.5. The runtime's own message would quote what does not fit, which may be a secret. */
const VALUE = /^[\x20-\x7e\t]*$/;
/** These are said by us, or by the connection. */
const OURS: readonly string[] = [
  'accept',
  'connection',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
  'x-request-id',
];

/** The headers of the options, checked; those that a function gives are checked whenever it gives them. */
export function readHeaders(option: string, value: unknown): () => Promise<Readonly<Record<string, string>>> {
  if (typeof value === 'function') return async () => checkHeaders(option, await value());
  const headers = checkHeaders(option, value);
  return async () => headers;
}

function checkHeaders(option: string, value: unknown): Readonly<Record<string, string>> {
  const entries = readEntries(option, value, {
    what: 'an object or a function',
    example: "{ authorization: 'Bearer …' }",
  });
  for (const [name, text] of entries) {
    if (!NAME.test(name) || OURS.includes(name.toLowerCase())) {
      throw new ConfigurationError(`${option}.${name}`, 'is not a header that can be set here');
    }
    if (typeof text !== 'string' || !VALUE.test(text)) {
      throw new ConfigurationError(`${option}.${name}`, 'must be text in ASCII without line breaks');
    }
  }
  return Object.freeze(Object.fromEntries(entries) as Record<string, string>);
}
