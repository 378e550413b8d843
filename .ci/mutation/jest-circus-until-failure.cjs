const { default: runFile } = require('jest-circus/runner');

let failedUnder;

/**
 * Jest's own runner of a test file, which comes to an end with the first failure: then the answer for a mutant is known.
 * Stryker can't be told so, as Jest's `bail` ends the process.
 */
module.exports = async function runUntilFailure(globalConfig, config, environment, ...rest) {
  const mutant = process.env['__STRYKER_ACTIVE_MUTANT__'];
  if (mutant === undefined) return runFile(globalConfig, config, environment, ...rest);
  if (failedUnder === mutant) return resultOfFile('pending');
  const handleTestEvent = environment.handleTestEvent?.bind(environment);
  environment.handleTestEvent = async (event, state) => {
    await handleTestEvent?.(event, state);
    if (event.name === 'test_fn_failure') failedUnder = mutant;
    if (event.name === 'test_start' && failedUnder === mutant) event.test.mode = 'skip';
  };
  const result = await runFile(globalConfig, config, environment, ...rest).catch((error) => ({ testExecError: error }));
  if (!result.testExecError) return result;
  // Stryker would take a file that can't be run for a broken mutant, and leave it out of the score: it is a failure.
  failedUnder = mutant;
  return resultOfFile('failed', [String(result.testExecError.message)]);
};

function resultOfFile(status, failureMessages = []) {
  return {
    numFailingTests: failureMessages.length,
    numPassingTests: 0,
    numPendingTests: 1 - failureMessages.length,
    numTodoTests: 0,
    openHandles: [],
    snapshot: { added: 0, matched: 0, unchecked: 0, uncheckedKeys: [], unmatched: 0, updated: 0 },
    testResults: [{ fullName: 'the file as a whole', status, failureMessages }],
  };
}
