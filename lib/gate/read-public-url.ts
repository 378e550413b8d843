import { ConfigurationError } from '../errors.js';
import { isEncryptedOrLoopback, quoteText, readText } from '../options.js';

/** What can stand in a challenge (RFC 9728 section 5.1), and in no fragment: printable, no spaces, quotes or backslashes. */
const LETTERS = /^[\x21\x24-\x5b\x5d-\x7e]+$/;

/** A URL of ours that others are told: https, or http on loopback, without user or fragment. */
export function readPublicUrl(option: string, value: unknown, example: string): string {
  const text = readText(option, value, example);
  const url = URL.canParse(text) && LETTERS.test(text) ? new URL(text) : undefined;
  if (url && isEncryptedOrLoopback(url) && url.username === '' && url.password === '') return text;
  throw new ConfigurationError(
    option,
    `must be an https URL (http only on loopback) without user or fragment, found ${quoteText(text)}; write for example ${example}`,
  );
}
