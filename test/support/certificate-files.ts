import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificate } from './make-certificate.js';

/** What a client's certificate option reads, in a folder of its own. */
export interface CertificateFiles {
  readonly paths: { readonly keyFile: string; readonly certificateFile: string; readonly authoritiesFile: string };
  /** Replaces files one after the other, each by rename, as spiffe-helper does; what is left out stays. */
  write(contents: { readonly key?: string; readonly cert?: string; readonly authorities?: string }): void;
}

const made: string[] = [];

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  made.push(folder);
  return folder;
}

const pathsIn = (folder: string) => ({
  keyFile: join(folder, 'key.pem'),
  certificateFile: join(folder, 'cert.pem'),
  authoritiesFile: join(folder, 'bundle.pem'),
});

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Files of a certificate, and of those who vouch for the callee. */
export function writeCertificateFiles({ key, cert }: TestCertificate, authorities: string): CertificateFiles {
  const paths = pathsIn(makeFolder());
  const write: CertificateFiles['write'] = (contents) => {
    if (contents.key !== undefined) replace(paths.keyFile, contents.key);
    if (contents.cert !== undefined) replace(paths.certificateFile, contents.cert);
    if (contents.authorities !== undefined) replace(paths.authoritiesFile, contents.authorities);
  };
  write({ key, cert, authorities });
  return { paths, write };
}

/** Files as Kubernetes mounts them: links into a folder that is a link itself, which is switched. */
export function mountCertificateFiles(first: TestCertificate, authorities: string) {
  const root = makeFolder();
  let count = 0;
  function show({ key, cert }: TestCertificate): void {
    const folder = `..${count++}`;
    mkdirSync(join(root, folder));
    const paths = pathsIn(join(root, folder));
    for (const [path, text] of [
      [paths.keyFile, key],
      [paths.certificateFile, cert],
      [paths.authoritiesFile, authorities],
    ] as const) {
      writeFileSync(path, text, { mode: 0o644 });
    }
    symlinkSync(folder, join(root, '..new'));
    renameSync(join(root, '..new'), join(root, '..data'));
  }
  show(first);
  for (const name of ['key.pem', 'cert.pem', 'bundle.pem']) symlinkSync(join('..data', name), join(root, name));
  return { paths: pathsIn(root), show };
}

/** Takes away what was written here. */
export function removeCertificateFiles(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
}
