import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OPTIONS = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/** What `npm install` of the tarball brings into an empty project: bytes of its files, and packages. */
export async function measureInstalled(tarball) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-installed-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
    await run('npm', ['install', resolve(tarball), ...OPTIONS], { cwd: folder });
    const files = listFiles(join(folder, 'node_modules'));
    const own = files.filter((path) => path.includes(join('node_modules', 'countersign')));
    const packages = new Set(files.map(readPackage).filter((name) => !name.startsWith('.')));
    return { bytes: sumSizes(files), ownBytes: sumSizes(own), packages: packages.size };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

const readPackage = (path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)[1];
const sumSizes = (paths) => paths.reduce((sum, path) => sum + statSync(path).size, 0);
