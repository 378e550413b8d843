import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** When the file was changed; 0 where there is none. */
export const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** The newest time of any file below the folders. */
export function findNewest(paths) {
  return Math.max(
    ...paths.map((path) =>
      statSync(path).isDirectory() ? findNewest(readdirSync(path).map((name) => join(path, name))) : timeOf(path),
    ),
    0,
  );
}
