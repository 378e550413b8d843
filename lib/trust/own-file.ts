import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';

const MAX_BYTES = 512 * 1024;
const WRITABLE_BY_OTHERS = 0o022;

/** Whether nobody but the user of this process can have written it. Windows has neither owners nor modes of this kind; there the directory's own protection has to do. */
export function isOwn({ uid, mode }: Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || (uid === user && (mode & WRITABLE_BY_OTHERS) === 0);
}

/** The bytes of a plain file that only we could have written; undefined where there is none. */
export function readOwnFile(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || !isOwn(stats)) throw new Error('it is not a file of ours that nobody else can write');
    if (stats.size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Replaces a file as a whole: whoever reads meanwhile sees the old file or the new one, and never a part. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
