/** A clock that moves when it is told to. */
export interface TestClock {
  /** The time in seconds since the epoch; give it to everything that takes `now`. */
  readonly now: () => number;
  /** Moves the clock by so many seconds. */
  advance(seconds: number): void;
}

/** A clock that stands at a moment: the present one, or the seconds since the epoch that are given. */
export function createTestClock(startSeconds = Math.floor(Date.now() / 1000)): TestClock {
  let present = startSeconds;
  return {
    now: () => present,
    advance(seconds) {
      present += seconds;
    },
  };
}
