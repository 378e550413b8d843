// Makes a fresh clone ready for the command that follows: installs what the lock file says, builds what has changed.
import { execSync } from 'node:child_process';
import { findNewest, timeOf } from './find-newest.mjs';

const run = (command) => execSync(command, { stdio: ['ignore', 'inherit', 'inherit'] });

if (timeOf('node_modules/.package-lock.json') < timeOf('package-lock.json'))
  run('npm ci --no-audit --no-fund --loglevel=error');
if (timeOf('dist/index.js') < findNewest(['lib', 'tsconfig.json', 'tsconfig.build.json', '.ci/bundle.mjs']))
  run('npm run --silent build');
if (process.argv.includes('--examples') && timeOf('.build/examples/shop/main.js') < findNewest(['examples', 'dist'])) {
  run('npm run --silent build:examples');
}
