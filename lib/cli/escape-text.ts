/** What a terminal would obey or hide: controls of both kinds, directions, zero width, private use, line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Text that came from outside, for one line of a terminal. Other control characters are shown as JSON escapes them. */
export function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/** A value as JSON of several lines that a terminal can't be led astray by. It stays the same JSON. */
export function escapeJson(value: unknown): string {
  const text = JSON.stringify(value, showInfinity, 2);
  return text.split('\n').map(escapeText).join('\n');
}

/** JSON has no infinity, but `1e400` is read as one; `null` would hide it. */
function showInfinity(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? `${value} (a number too large)` : value;
}

function escapeCharacter(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}
