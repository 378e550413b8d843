import { join } from 'node:path';

// The tests run in a copy of the project elsewhere, from where their vectors would not be found.
process.env.VECTORS_DIR ||= join(process.cwd(), '..', 'shared', 'vectors');

/** Changes the code that judges tokens, a little at a time: some test must fail for each change. */
export default {
  mutate: ['lib/{jose,token,trust}/**/*.ts'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    enableFindRelatedTests: false, // every test is related to every file, by way of lib/index.ts
    config: {
      // What a test finds in memory says nothing here: the copies keep count of what they run.
      testMatch: ['<rootDir>/test/{jose,token,trust,gate}/**/*.test.ts', '!**/memory.test.ts'],
      testEnvironment: './test/support/environment.cjs', // Stryker knows no <rootDir> here
      testTimeout: 60_000, // a slow machine must not pass for a failing test
      testRunner: '<rootDir>/.ci/mutation/jest-circus-until-failure.cjs',
      testSequencer: '<rootDir>/.ci/mutation/quickest-first.cjs',
    },
  },
  plugins: ['@stryker-mutator/jest-runner', './.ci/mutation/ignore-messages.mjs'],
  ignorers: ['messages'],
  coverageAnalysis: 'perTest',
  maxTestRunnerReuse: 50, // ES modules that a test file has loaded are never freed
  disableTypeChecks: false, // nothing checks types while tests run
  timeoutMS: 60_000,
  thresholds: { high: 95, low: 90, break: 90 },
  reporters: ['clear-text', 'html', 'json', 'progress-append-only'],
  clearTextReporter: { reportTests: false },
  htmlReporter: { fileName: '.build/mutation/report.html' },
  jsonReporter: { fileName: '.build/mutation/report.json' },
  tempDirName: '.build/mutation/copies',
  ignorePatterns: ['/.build', '/coverage', '/examples'],
};
