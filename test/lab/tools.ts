/** Where the programs are that the lab runs: unpacked under `.cache/debian/root` of the repository, or on the PATH. */
import fs from 'node:fs';
import path from 'node:path';

const repository = path.resolve(import.meta.dirname, '../..');

/**
 * Debian packages are unpacked here instead of installed, where installing would start a service on the developer's
 * machine (unbound, sshd) or is only wanted for a comparison (tayga).
 */
export const unpackedRoot = path.join(repository, '.cache/debian/root');

const unpackedFolders = ['usr/sbin', 'usr/bin', 'sbin', 'bin', 'usr/lib/systemd', 'lib/systemd'].map((folder) =>
  path.join(unpackedRoot, folder),
);

/** The full path of a program. Throws when the machine does not have it. */
export function toolPath(name: string): string {
  const folders = [
    ...unpackedFolders,
    ...(process.env.PATH ?? '').split(':'),
    '/usr/sbin',
    '/sbin',
    '/usr/lib/systemd',
  ];
  const file = folders.map((folder) => path.join(folder, name)).find((each) => fs.existsSync(each));
  if (file !== undefined) return file;
  throw new Error(`Cannot find ${name}, in ${unpackedRoot} or on the PATH: \`node install/bootstrap test\` brings it`);
}

/** The start of a command line that runs a program, with its unpacked libraries. Throws when the machine does not have it. */
export function toolCommand(name: string): string[] {
  const file = toolPath(name);
  if (!file.startsWith(unpackedRoot)) return [file];
  const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const libraries = ['usr/lib', 'lib'].map((folder) => path.join(unpackedRoot, folder, multiarch)).join(':');
  return ['env', `LD_LIBRARY_PATH=${libraries}`, file];
}

/** The pinned Node and a TypeScript program of this repository, as the start of a command line. */
export function nodeCommand(file: string): string[] {
  return [path.join(repository, 'install/node'), path.join(repository, file)];
}

/** `agent/bis`, as the start of a command line. */
export const bis: string = path.join(repository, 'agent/bis');
