import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Packs what would be published into the folder: the tarball's path, and the paths inside of it. */
export function pack(folder) {
  // By itself: what a lifecycle script prints may end up between the JSON of `npm pack`.
  execFileSync('npm', ['run', '--silent', 'prepack'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const report = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [{ filename, files }] = JSON.parse(report);
  return { tarball: join(folder, filename), paths: files.map(({ path }) => path) };
}
