import { isUtf8 } from 'node:buffer';
import { AccessDenied } from '../errors.js';

const MAX_DEPTH = 32;

/**
 * A JSON object out of bytes, without the readings on which two parsers may differ: invalid UTF-8, a member that is
 * there twice (RFC 7515 section 4, RFC 7519 section 4), the name `__proto__`, anything but an object.
 */
export function parseJsonObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  if (!isUtf8(bytes)) throw new AccessDenied('token_malformed', `the ${what} is not JSON in UTF-8`);
  const text = asBuffer(bytes).toString();
  const value = parseText(text, what);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AccessDenied('token_malformed', `the ${what} is not a JSON object`);
  }
  // Of two members of one name the parser keeps the last: then it holds fewer than were written.
  if (countHeld(value, what) < countWritten(text)) {
    throw new AccessDenied('token_malformed', `the ${what} has a member twice`);
  }
  return value as Record<string, unknown>;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function parseText(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes its input, so only its kind is kept.
    throw new AccessDenied('token_malformed', `the ${what} is not JSON in UTF-8 (${(cause as Error).name})`);
  }
}

/** The members that a parsed value holds, at every depth. */
function countHeld(value: object, what: string, depth = 1): number {
  if (depth > MAX_DEPTH) throw new AccessDenied('token_malformed', `the ${what} is nested too deeply`);
  const names = Object.keys(value);
  let count = Array.isArray(value) ? 0 : names.length;
  for (const name of names) {
    if (name === '__proto__') throw new AccessDenied('token_malformed', `the ${what} has a member named __proto__`);
    const member = (value as Record<string, unknown>)[name];
    if (typeof member === 'object' && member !== null) count += countHeld(member, what, depth + 1);
  }
  return count;
}

/** The members that stand in text that is known to be JSON: each string in front of a colon is the name of one. */
function countWritten(text: string): number {
  let count = 0;
  let at = text.indexOf('"');
  while (at >= 0) {
    const end = endOfString(text, at);
    if (isMemberName(text, end)) count++;
    at = text.indexOf('"', end);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === 0x5c) start--;
  return (at - start) % 2 === 1;
}

function isMemberName(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0x3a;
}
