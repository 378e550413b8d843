import { expect, it } from '@jest/globals';
import { sealPermissions } from '../../lib/identity/seal-permissions.js';

it('a sealed set reads as any set', () => {
  const sealed = sealPermissions(['a', 'b', 'a']);
  const seen: unknown[] = [];
  sealed.forEach((name, again, set) => {
    seen.push([name, again, set === sealed]);
  });
  expect(seen).toEqual([
    ['a', 'a', true],
    ['b', 'b', true],
  ]);
  expect([[...sealed.keys()], [...sealed.values()], [...sealed.entries()], sealed.size, `${sealed}`]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
    [
      ['a', 'a'],
      ['b', 'b'],
    ],
    2,
    '[object Set]',
  ]);
  expect(new Set(sealed)).toEqual(new Set(['a', 'b']));
});

it('a sealed set has the algebra of the runtime’s own sets, and stays as it is', () => {
  const sealed = sealPermissions(['a', 'b']) as ReadonlySet<string> &
    Record<string, ((other: unknown) => unknown) | undefined>;
  const isNew = 'union' in Set.prototype;
  expect(typeof sealed['union']).toBe(isNew ? 'function' : 'undefined');
  if (!isNew) return;
  expect(sealed['union']?.(new Set(['c']))).toEqual(new Set(['a', 'b', 'c']));
  expect(sealed['isSubsetOf']?.(new Set(['a', 'b', 'c']))).toBe(true);
  expect(sealed.size).toBe(2);
});
