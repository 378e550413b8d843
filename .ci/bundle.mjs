// Gathers what the compiler wrote, module by module, into the few files of dist: each file costs time when it is imported.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rollup } from '@rollup/wasm-node';

const MODULES = resolve('.build/modules');
const ENTRIES = ['index', 'express/index', 'nest/index', 'passport/index', 'testing/index', 'cli/main'];

const pathOf = (entry) => join(MODULES, `${entry}.js`);
const isOurs = (id) => id.startsWith('.') || id.startsWith(MODULES);
const isPackage = (id) => !isOurs(id) && !id.startsWith('node:');

/** The compiler's source maps lead from its modules to lib. */
const readModules = {
  name: 'read-modules',
  load: (path) => ({ code: readFileSync(path, 'utf8'), map: readFileSync(`${path}.map`, 'utf8') }),
};

/** The module, and all that is imported with it. */
function findReachable(path, getModuleInfo, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const id of getModuleInfo(path).importedIds) findReachable(id, getModuleInfo, found);
  return found;
}

/** All that the door `countersign` leads to is one file, and another one with what cannot be had without packages. */
function nameChunk(path, { getModuleInfo }) {
  if (!findReachable(pathOf('index'), getModuleInfo).has(path)) return undefined;
  return [...findReachable(path, getModuleInfo)].some(isPackage) ? 'gate' : 'core';
}

/** People read the names of classes, in Nest's messages above all. */
function refuseRenamedClass({ fileName, code }) {
  const renamed = code.match(/\bclass \w+\$\d+/);
  if (renamed) throw new Error(`${fileName}: two classes share a name, which makes one of them ${renamed[0]}`);
}

const bundle = await rollup({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, pathOf(entry)])),
  external: (id) => !isOurs(id),
  plugins: [readModules],
  treeshake: false,
  context: '(void 0)', // what `this` is in a module: the compiler's helpers for decorators ask for it
  onLog(_level, { message }) {
    throw new Error(message);
  },
});

const stale = readdirSync('dist', { recursive: true }).filter((path) => /\.js(\.map)?$/.test(path));
for (const path of stale) rmSync(join('dist', path));
const { output } = await bundle.write({
  dir: 'dist',
  sourcemap: true,
  sourcemapExcludeSources: true, // lib is part of the package
  manualChunks: nameChunk,
  chunkFileNames: 'chunks/[name].js',
  hoistTransitiveImports: false,
  minifyInternalExports: false,
});
for (const file of output) if (file.type === 'chunk') refuseRenamedClass(file);
