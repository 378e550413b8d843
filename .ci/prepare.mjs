// Makes a fresh clone ready for the command that follows: installs what the lock file says, builds what has changed.
import { execSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const run = (command) => execSync(command, { stdio: ['ignore', 'inherit', 'inherit'] });
const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** The newest time of any file below the folders. */
function newest(paths) {
  return Math.max(
    ...paths.map((path) =>
      statSync(path).isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : timeOf(path),
    ),
    0,
  );
}

if (timeOf('node_modules/.package-lock.json') < timeOf('package-lock.json'))
  run('npm ci --no-audit --no-fund --loglevel=error');
if (timeOf('dist/index.js') < newest(['lib', 'tsconfig.json', 'tsconfig.build.json'])) run('npm run --silent build');
if (process.argv.includes('--examples') && timeOf('.build/examples/shop/main.js') < newest(['examples', 'dist'])) {
  run('npm run --silent build:examples');
}
