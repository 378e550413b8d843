import { expect } from '@jest/globals';

expect.extend({
  toBeFrozen(received: unknown) {
    return { pass: Object.isFrozen(received), message: () => 'expected it to be frozen' };
  },
});

declare module 'expect' {
  interface Matchers<R> {
    /** The value can't be changed. */
    toBeFrozen(): R;
  }
}
