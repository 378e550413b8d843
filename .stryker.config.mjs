import { join } from 'node:path';
import { areas } from './.ci/mutation/areas.mjs';

// The tests run in a copy of the project elsewhere, from where their vectors would not be found.
process.env.VECTORS_DIR ||= join(process.cwd(), '..', 'shared', 'vectors');

const area = process.env.MUTATION_AREA ?? 'jose';
const { files, tests } = areas[area];

/** Mutation testing of one area; `.ci/mutate.mjs` goes through them all. */
export default {
  mutate: files,
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    enableFindRelatedTests: false, // every test is related to every file, by way of lib/index.ts
    config: {
      testMatch: tests.map((name) => `<rootDir>/test/${name}.test.ts`),
      testEnvironment: './test/support/environment.cjs', // Stryker knows no <rootDir> here
      testTimeout: 60_000, // a slow machine must not pass for a failing test
      testRunner: '<rootDir>/.ci/mutation/jest-circus-until-failure.cjs',
    },
  },
  plugins: ['@stryker-mutator/jest-runner', './.ci/mutation/ignore-messages.mjs'],
  ignorers: ['messages'],
  coverageAnalysis: 'perTest',
  maxTestRunnerReuse: 50, // ES modules that a test file has loaded are never freed
  disableTypeChecks: false, // nothing checks types while tests run
  timeoutMS: 60_000,
  concurrency: 2,
  reporters: ['json'],
  jsonReporter: { fileName: `.build/mutation/${area}.json` },
  tempDirName: `.build/mutation/copies-${area}`,
  ignorePatterns: ['/.build', '/coverage', '/examples'],
};
