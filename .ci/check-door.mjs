// The door `countersign` must type-check where no framework is installed: walks the declarations that it leads to.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const FRAMEWORKS = /\b(express|nestjs|fastify|koa|rxjs|passport|reflect-metadata)\b/i;

const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync('package.json', 'utf8'));
const isAlwaysThere = (name) =>
  name.startsWith('node:') ||
  name in dependencies ||
  (name in peerDependencies && !peerDependenciesMeta[name]?.optional);

const seen = new Set();
const complaints = [];

function walk(file) {
  if (seen.has(file)) return;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  checkWords(file, text);
  const { importedFiles, referencedFiles, typeReferenceDirectives } = ts.preProcessFile(text, true, true);
  for (const { fileName } of [...importedFiles, ...referencedFiles, ...typeReferenceDirectives]) {
    if (fileName.startsWith('.')) walk(join(dirname(file), fileName.replace(/\.js$/, '.d.ts')));
    else if (!isAlwaysThere(fileName)) complaints.push(`${file} imports ${fileName}, which need not be installed`);
  }
}

/** A type can be named without an import, as in `Express.Request`. Comments may name whom they want. */
function checkWords(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const code = ts.createPrinter({ removeComments: true }).printFile(source);
  for (const line of code.split('\n')) {
    if (FRAMEWORKS.test(line)) complaints.push(`${file} mentions a framework: ${line.trim()}`);
  }
}

walk('dist/index.d.ts');
for (const complaint of complaints) console.error(complaint);
console.log(`door: ${seen.size} declaration files, ${complaints.length} complaints`);
process.exitCode = complaints.length === 0 ? 0 : 1;
