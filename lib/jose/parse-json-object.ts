import { AccessDenied } from '../errors.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MAX_DEPTH = 32;

/**
 * A JSON object out of bytes, without the readings on which two parsers may differ: invalid UTF-8, a member that is
 * there twice (RFC 7515 section 4, RFC 7519 section 4), the name `__proto__`, anything but an object.
 */
export function parseJsonObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes its input, so only its kind is kept.
    throw new AccessDenied('token_malformed', `the ${what} is not JSON in UTF-8 (${(cause as Error).name})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AccessDenied('token_malformed', `the ${what} is not a JSON object`);
  }
  refuseAmbiguousMembers(text, what);
  return value as Record<string, unknown>;
}

/** Walks text that is known to be JSON, so it only has to tell strings and brackets apart. */
function refuseAmbiguousMembers(text: string, what: string): void {
  const open: Set<string>[] = []; // the names of each open object; none for an array
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7b || code === 0x5b) {
      open.push(new Set());
      if (open.length > MAX_DEPTH) throw new AccessDenied('token_malformed', `the ${what} is nested too deeply`);
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
    } else if (code === 0x22) {
      const end = endOfString(text, at);
      const names = open[open.length - 1];
      if (names && isMemberName(text, end)) addName(names, text.slice(at, end), what);
      at = end - 1;
    }
  }
}

function addName(names: Set<string>, quoted: string, what: string): void {
  const name = JSON.parse(quoted) as string; // resolves escapes: "sub" and "\u0073ub" are one name
  if (names.has(name)) throw new AccessDenied('token_malformed', `the ${what} has a member twice`);
  if (name === '__proto__') throw new AccessDenied('token_malformed', `the ${what} has a member named __proto__`);
  names.add(name);
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  return at + 1;
}

function isMemberName(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0x3a;
}
