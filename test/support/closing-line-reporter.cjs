const { writeSync } = require('node:fs');

// Prints how many tests passed and failed, alone on the last line. A suite that could not run counts as failed.
module.exports = class {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
    // Jest's own summary comes after every reporter, so the line waits until all is said.
    process.once('exit', () => writeSync(1, `${numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
};
