import { styleText } from 'node:util';

/** Colours are for people: `hasColors` is false for NO_COLOR and for dumb terminals, and a pipe doesn't have it. */
const isColoured = process.stdout.isTTY === true && process.stdout.hasColors();

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** The text in a style, where somebody can see it. */
export function paint(style: Style, text: string): string {
  return isColoured ? styleText(style, text) : text;
}

/** Writes a line of the demonstration. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}
