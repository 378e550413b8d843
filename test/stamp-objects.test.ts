import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createStamps } from '../lib/stamp-objects.js';

const kinds: readonly (readonly [string, () => object])[] = [
  ['a plain object', () => ({})],
  ['a request of Node', () => new IncomingMessage(new Socket())],
  ['a frozen object', () => Object.freeze({})],
  ['an object without a prototype', () => Object.create(null)],
];

describe.each(kinds)('stamps on %s', (_kind, make) => {
  it('are each owner’s own', () => {
    const [first, second] = [createStamps<number | undefined>(), createStamps<string>()];
    const object = make();
    expect(first.get(object)).toBeUndefined();
    first.set(object, 1);
    second.set(object, 'two');
    expect([first.get(object), second.get(object)]).toEqual([1, 'two']);
    first.set(object, undefined);
    expect([first.get(object), second.get(object)]).toEqual([undefined, 'two']);
    expect([first.get(make()), second.get(make())]).toEqual([undefined, undefined]);
  });

  it('are of that object alone, not of what was made from it', () => {
    const stamps = createStamps<number>();
    const object = make();
    stamps.set(object, 1);
    for (const other of [Object.create(object), { ...object }, new Proxy(object, {})]) {
      expect(stamps.get(other)).toBeUndefined();
      stamps.set(other, 2);
      expect([stamps.get(other), stamps.get(object)]).toEqual([2, 1]);
    }
    expect(Reflect.ownKeys(object)).toEqual(Reflect.ownKeys(make()));
    if (object instanceof IncomingMessage) Object.assign(object, { _readableState: {}, rawHeaders: [], socket: null });
    expect(stamps.get(object)).toBe(1);
  });
});
