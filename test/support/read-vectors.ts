import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from '@jest/globals';

const folder = process.env['VECTORS_DIR'] || join(process.cwd(), '..', 'shared', 'vectors');

/** Test vectors that were made elsewhere. Where they are not there, the suite is skipped, and says so; in CI it fails. */
export function describeVectors<Vectors>(path: string, suite: (vectors: Vectors) => void): void {
  const file = join(folder, path);
  if (existsSync(file)) {
    describe(path, () => suite(JSON.parse(readFileSync(file, 'utf8')) as Vectors));
    return;
  }
  if (process.env['CI']) {
    it(`${path} is there`, () => {
      throw new Error(`${file} is missing; set VECTORS_DIR`);
    });
    return;
  }
  process.stderr.write(`SKIPPED: ${file} is missing; set VECTORS_DIR to the folder of test vectors\n`);
  describe.skip(path, () => {
    it('is skipped, because its vectors are not there', () => {});
  });
}
