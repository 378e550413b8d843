import fc from 'fast-check';
import { base64url, type Mutation } from './draft.js';

type Write = (text: string) => Uint8Array;

/** JSON text as bytes that one parser may forgive and another not. */
const WRITINGS: Readonly<Record<string, Write>> = {
  'a byte order mark in front': (text) => Buffer.from(`\ufeff${text}`),
  'two byte order marks in front': (text) => Buffer.from(`\ufeff\ufeff${text}`),
  'white space around': (text) => Buffer.from(` \t\r\n${text}\n`),
  'white space within': (text) => Buffer.from(text.replaceAll(/([{,:])"/g, '$1 \n"')),
  'every letter of its names escaped': (text) =>
    Buffer.from(text.replaceAll(/"(\w+)":/g, (_, name: string) => `"${escapeAll(name)}":`)),
  'a byte that is not UTF-8': (text) =>
    Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')]),
  'an overlong quote': (text) =>
    Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xc0\xa2"}', 'latin1')]),
  'a surrogate as three bytes': (text) =>
    Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(',"x":"\xed\xa0\x80"}', 'latin1')]),
  'a list around': (text) => Buffer.from(`[${text}]`),
  'quotes around': (text) => Buffer.from(JSON.stringify(text)),
  'a comma at the end': (text) => Buffer.from(text.replace(/}$/, ',}')),
  'a comment': (text) => Buffer.from(`${text}//`),
  'another object behind': (text) => Buffer.from(`${text}{}`),
  'a NUL behind': (text) => Buffer.from(`${text}\0`),
  'a no-break space in front': (text) => Buffer.from(`\u00a0${text}`),
  'UTF-16': (text) => Buffer.from(text, 'utf16le'),
  nothing: () => Buffer.alloc(0),
  null: () => Buffer.from('null'),
};

function escapeAll(text: string): string {
  return [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

const written = fc.tuple(fc.constantFrom(...Object.entries(WRITINGS)), fc.boolean()).map(
  ([[name, write], isHeader]): Mutation => ({
    name: `${isHeader ? 'header' : 'claims'} with ${name}`,
    apply: (draft) => ({ ...draft, [isHeader ? 'writeHeader' : 'writeClaims']: write }),
  }),
);

type Encode = (bytes: Uint8Array) => string;

/** Bytes as text that decodes to the same bytes, for a decoder that isn't strict. */
const ENCODINGS: Readonly<Record<string, Encode>> = {
  padding: (bytes) => Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  'too much padding': (bytes) => `${base64url(bytes)}====`,
  'the other alphabet': (bytes) => Buffer.from(bytes).toString('base64').replaceAll('=', ''),
  'spare bits': (bytes) => setSpareBits(base64url(bytes)),
  'a line break': (bytes) => `${base64url(bytes)}\n`,
  'a space within': (bytes) => base64url(bytes).replace(/^.{3}/, '$& '),
  'a character outside': (bytes) => `${base64url(bytes)}*`,
  'another digit': (bytes) => base64url(bytes).replace(/./, '\u0417'),
};

/** The next character in the alphabet, where the last one carries bits that encode nothing. */
function setSpareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (text.length % 4 === 0) return text;
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) | 1);
}

const PARTS = ['encodeHeader', 'encodeClaims', 'encodeSignature'] as const;
const encoded = fc.tuple(fc.constantFrom(...Object.entries(ENCODINGS)), fc.constantFrom(...PARTS)).map(
  ([[name, encode], part]): Mutation => ({
    name: `${part} with ${name}`,
    apply: (draft) => ({ ...draft, [part]: encode }),
  }),
);

/** What can happen to a token on its way. */
const DAMAGES: Readonly<Record<string, (token: string, at: number) => string>> = {
  'a character changed': (token, at) => put(token, at, 1, 'A'),
  'a character taken out': (token, at) => put(token, at, 1, ''),
  'a character doubled': (token, at) => put(token, at, 0, token.charAt(at % token.length)),
  'a dot': (token, at) => put(token, at, 0, '.'),
  'a space': (token, at) => put(token, at, 0, ' '),
  'an equals sign': (token, at) => put(token, at, 0, '='),
  'a percent sign': (token, at) => put(token, at, 0, '%2e'),
  'a letter of another script': (token, at) => put(token, at, 1, 'е'),
  'the case turned': (token) => token.toUpperCase(),
  'spare bits': setSpareBits,
  'its end cut off': (token, at) => token.slice(0, at % token.length),
  'white space around': (token) => ` ${token}\n`,
  'a scheme in front': (token) => `Bearer ${token}`,
  'its signature taken out': (token) => token.replace(/[^.]*$/, ''),
  'two parts': (token) => token.replace(/\.[^.]*$/, ''),
  'five parts': (token) => `${token}.AAAA.AAAA`,
  'an empty part in front': (token) => `.${token}`,
  'its claims taken out': (token) => token.replace(/\.[^.]*\./, '..'),
  'its claims exchanged': (token) => token.replace(/\.[^.]*\./, (part) => `.${exchangeSubject(part.slice(1, -1))}.`),
  'its header exchanged': (token) => token.replace(/^[^.]*/, base64url(Buffer.from('{"alg":"none","typ":"at+jwt"}'))),
  'its parts turned round': (token) => token.split('.').reverse().join('.'),
};

function put(token: string, at: number, taken: number, text: string): string {
  const place = at % token.length;
  return token.slice(0, place) + text + token.slice(place + taken);
}

function exchangeSubject(part: string): string {
  return base64url(Buffer.from(Buffer.from(part, 'base64url').toString('latin1').replace('"sub"', '"bus"'), 'latin1'));
}

const damaged = fc.tuple(fc.constantFrom(...Object.entries(DAMAGES)), fc.nat({ max: 2000 })).map(
  ([[name, damage], at]): Mutation => ({
    name: `on its way: ${name} (${at})`,
    apply: (draft) => ({ ...draft, damage: (token) => damage(draft.damage(token), at) }),
  }),
);

/** Whatever can be done to the text: of the JSON, of the parts, of the whole token. */
export const textMutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 3, arbitrary: written },
  { weight: 3, arbitrary: encoded },
  { weight: 2, arbitrary: damaged },
);
