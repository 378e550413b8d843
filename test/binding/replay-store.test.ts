import { describe, expect, it } from '@jest/globals';
import { createTestClock } from 'countersign/testing';
import { rememberProofs } from '../../lib/binding/replay-store.js';

const START = 1_800_000_000;

describe('used proofs in memory', () => {
  it('are known for as long as they could be shown, the last second included', () => {
    const clock = createTestClock(START);
    const { claim } = rememberProofs(clock.now);
    const answers = [];
    for (const seconds of [0, 0, 69, 1, 1]) {
      clock.advance(seconds);
      answers.push(claim('a', START + 70));
    }
    expect(answers).toEqual([true, false, false, false, true]);
    expect(claim('b', START + 70)).toBe(true);
  });

  it('are kept where memory is full, and new ones refused until old ones may be forgotten', () => {
    const clock = createTestClock(START);
    const { claim } = rememberProofs(clock.now, 3);
    for (const [key, seconds] of [
      ['a', 10],
      ['b', 20],
      ['c', 30],
    ] as const)
      expect(claim(key, START + seconds)).toBe(true);
    expect(() => claim('d', START + 60)).toThrow(/there are 3 used proofs already/);
    expect(claim('a', START + 10)).toBe(false);
    clock.advance(10);
    expect(() => claim('d', START + 60)).toThrow(/3 used proofs/);
    clock.advance(1);
    expect(claim('d', START + 60)).toBe(true);
    expect(() => claim('e', START + 60)).toThrow(/3 used proofs/);
    clock.advance(20);
    expect([claim('e', START + 60), claim('f', START + 60)]).toEqual([true, true]);
    expect([claim('d', START + 60), claim('e', START + 60), claim('f', START + 60)]).toEqual([false, false, false]);
  });

  it('forget again after a clock was put back', () => {
    const clock = createTestClock(START);
    const { claim } = rememberProofs(clock.now, 1);
    claim('a', START + 10);
    clock.advance(-3600);
    expect(() => claim('b', START + 10)).toThrow();
    clock.advance(3611);
    expect(claim('b', START + 60)).toBe(true);
  });

  it('don’t cost every request a walk through a full memory', () => {
    const clock = createTestClock(START);
    let asked = 0;
    const now = () => {
      asked++;
      return clock.now();
    };
    const { claim } = rememberProofs(now, 1000);
    for (let at = 0; at < 1000; at++) claim(`old ${at}`, START + 60);
    asked = 0;
    let refused = 0;
    for (let at = 0; at < 1000; at++) {
      try {
        claim(`new ${at}`, START + 60);
      } catch {
        refused++;
      }
    }
    expect(refused).toBe(1000);
    expect(asked).toBeLessThan(5000);
  });
});
