// Judges the tarball that would be published: what is in it, and whether every resolver finds its way in.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';

const REQUIRED = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cli/main.js',
  'lib/index.ts',
];
const ALLOWED = [/^dist\/[\w./-]+\.(js|d\.ts)(\.map)?$/, /^lib\/[\w./-]+\.ts$/];

function checkPaths(paths) {
  const missing = REQUIRED.filter((path) => !paths.includes(path));
  const surplus = paths.filter((path) => !REQUIRED.includes(path) && !ALLOWED.some((allowed) => allowed.test(path)));
  for (const path of missing) console.error(`tarball: ${path} is missing`);
  for (const path of surplus) console.error(`tarball: ${path} does not belong there`);
  console.log(`tarball: ${paths.length} files`);
  return missing.length + surplus.length === 0;
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-package-'));
try {
  const { tarball, paths } = pack(folder);
  const holdsWhatItShould = checkPaths(paths);
  const publint = spawnSync('npx', ['--no', 'publint', 'run', tarball, '--strict'], { stdio: 'inherit' });
  // The rule that is ignored predates require(esm), which every supported Node has.
  const attw = spawnSync('npx', ['--no', 'attw', tarball, '--ignore-rules', 'cjs-resolves-to-esm'], {
    stdio: 'inherit',
  });
  process.exitCode = holdsWhatItShould && publint.status === 0 && attw.status === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
