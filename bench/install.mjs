import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findNewest, timeOf } from '../.ci/find-newest.mjs';
import { pack } from '../.ci/pack.mjs';

const SOURCES = ['lib', 'package.json', 'tsconfig.json', 'tsconfig.build.json', '.ci/bundle.mjs'];
const PACKED = 'bench/.packed';
const INSTALLED = 'bench/node_modules/.package-lock.json';
const QUIETLY = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the contestants and the packed project, where either has changed. Returns the tarball. */
export function install() {
  if (timeOf(INSTALLED) < timeOf('bench/package-lock.json')) npm('ci');
  const tarball = findTarball() ?? packAnew();
  if (timeOf('bench/node_modules/countersign/package.json') === 0 || timeOf(INSTALLED) < timeOf(tarball)) {
    rmSync('bench/node_modules/countersign', { recursive: true, force: true });
    // A copy, as users have it: by a link, Nest and prom-client would be there twice.
    npm('install', '--no-save', tarball);
  }
  return tarball;
}

/** The tarball that was packed since anything changed. */
function findTarball() {
  mkdirSync(PACKED, { recursive: true });
  const [tarball] = readdirSync(PACKED).map((name) => join(PACKED, name));
  return tarball && timeOf(tarball) > findNewest(SOURCES) ? tarball : undefined;
}

function packAnew() {
  rmSync(PACKED, { recursive: true });
  mkdirSync(PACKED);
  return pack(PACKED).tarball;
}

function npm(...command) {
  execFileSync('npm', [...command, '--prefix', 'bench', ...QUIETLY], { stdio: ['ignore', 'ignore', 'inherit'] });
}
