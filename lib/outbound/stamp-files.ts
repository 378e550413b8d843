import { statSync } from 'node:fs';

/** What changes whenever one of the files is written, replaced, or reached by a link that leads elsewhere now. */
export function stampFiles(paths: readonly string[]): string {
  return paths.map(stampFile).join(' ');
}

function stampFile(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join('.');
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}`;
  }
}
