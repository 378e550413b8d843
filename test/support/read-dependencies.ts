import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Names of the packages in the lock file: those that a user of this package gets, and the others. */
export function listInstalled(): { readonly production: readonly string[]; readonly development: readonly string[] } {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Package> };
  const reached = new Set<string>();
  const visit = (folder: string) => {
    for (const name of namesNeededBy(packages[folder] ?? {})) {
      const found = findPackage(packages, folder, name);
      if (found === undefined || reached.has(found)) continue;
      reached.add(found);
      visit(found);
    }
  };
  visit('');
  const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const others = Object.keys(packages).filter((folder) => folder !== '' && !reached.has(folder));
  return { production: [...reached].map(nameOf).sort(), development: others.map(nameOf).sort() };
}

/** The library's own files. */
export function listLibrary(): readonly { readonly path: string; readonly text: string }[] {
  const paths = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return paths.map((path) => ({ path, text: readFileSync(join('lib', path), 'utf8') }));
}

/** Peers that are not optional are installed too. */
function namesNeededBy({
  dependencies,
  optionalDependencies,
  peerDependencies,
  peerDependenciesMeta,
}: Package): string[] {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers];
}

/** As Node finds it: from the folder upwards. */
function findPackage(packages: Readonly<Record<string, Package>>, folder: string, name: string): string | undefined {
  const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
  if (Object.hasOwn(packages, path)) return path;
  return folder === ''
    ? undefined
    : findPackage(packages, folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1)), name);
}
