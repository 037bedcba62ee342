/**
 * Putting the bundle and what belongs to it into a system without a package manager, and taking it away again. What was
 * made is in a list beside the bundle, with the checksum of each file: what others changed since is left, and told.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A file to be made: with text, as a copy, or as a symbolic link. */
export type PlacedFile = { readonly path: string; readonly isKept?: true } & (
  | { readonly text: string }
  | { readonly copyOf: string }
  | { readonly linkTo: string }
);

interface Placed {
  /** Absolute paths as they are in the system, without the staging directory; files with what they held. */
  readonly files: readonly { readonly path: string; readonly sum: string }[];
  readonly directories: readonly string[];
}

export interface Target {
  /** Where the bundle goes: `/usr/local` gives `/usr/local/lib/bis` and `/usr/local/bin/bis`. */
  readonly prefix: string;
  /** A directory that stands for the root of the system, or the empty string for the system itself. */
  readonly staging: string;
}

const listOf = ({ prefix }: Target): string => `${prefix}/lib/bis/installed.json`;

/** Every file of an installation: the bundle's own, and those by which the system knows it. */
export function filesOf(bundle: string, { prefix }: Target, config: string): PlacedFile[] {
  const home = `${prefix}/lib/bis`;
  const unit = readFileSync(join(bundle, 'install/bis.service'), 'utf8');
  const settings = '/etc/bis/bis.toml';
  return [
    ...treeOf(bundle).map((file) => ({ path: `${home}/${file}`, copyOf: join(bundle, file) })),
    { path: `${prefix}/bin/bis`, linkTo: relative(`${prefix}/bin`, `${home}/agent/bis`) },
    { path: settings, text: config, isKept: true },
    {
      path: '/etc/systemd/system/bis.service',
      text: unit.replaceAll('@BIS@', `${home}/agent/bis`).replaceAll('@CONFIG@', settings),
    },
    { path: '/etc/sysusers.d/bis.conf', text: 'u bis - "bis daemon" /var/lib/bis\n' },
    // Network managers would take the device for one of theirs, and its address away.
    { path: '/etc/NetworkManager/conf.d/90-bis.conf', text: '[keyfile]\nunmanaged-devices+=interface-name:bis0\n' },
    { path: '/etc/systemd/network/10-bis.network', text: '[Match]\nName=bis0\n\n[Link]\nUnmanaged=yes\n' },
  ];
}

/** Whether `placeFiles` was here, and `removeFiles` was not since. */
export function isInstalled(target: Target): boolean {
  return existsSync(target.staging + listOf(target));
}

/** Makes files and the list of them. Throws when one is in the way, or cannot be made; then those made are removed. */
export function placeFiles(files: readonly PlacedFile[], target: Target): void {
  const { staging } = target;
  if (isInstalled(target)) throw new Error(`Cannot install: it is installed already, in ${target.prefix}`);
  const made: { path: string; sum: string }[] = [];
  const directories: string[] = [];
  try {
    for (const file of files) {
      const path = staging + file.path;
      const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
      // A configuration that somebody has is theirs.
      if (isThere && file.isKept === true) continue;
      if (isThere) throw new Error(`Cannot make ${path}: it is there`);
      directories.push(...makeDirectories(dirname(file.path), staging));
      makeFile(file, path);
      made.push({ path: file.path, sum: sumOf(path) });
    }
    writeFileSync(
      staging + listOf(target),
      `${JSON.stringify({ files: made, directories } satisfies Placed, null, 1)}\n`,
    );
  } catch (error) {
    removePlaced({ files: made, directories }, staging);
    throw error;
  }
}

/** Removes what was installed. Returns the files that others changed since, which stay. Throws when nothing is installed. */
export function removeFiles(target: Target): string[] {
  if (!isInstalled(target)) throw new Error(`Cannot uninstall: nothing is installed in ${target.prefix}`);
  const list = target.staging + listOf(target);
  const { files, directories } = JSON.parse(readFileSync(list, 'utf8')) as Placed;
  const own = { path: listOf(target), sum: sumOf(list) };
  return removePlaced({ files: [own, ...files], directories }, target.staging);
}

function removePlaced({ files, directories }: Placed, staging: string): string[] {
  const changed: string[] = [];
  for (const { path, sum } of files.toReversed()) {
    if (lstatSync(staging + path, { throwIfNoEntry: false }) === undefined) continue;
    // A directory that somebody has put there has no sum.
    if (lstatSync(staging + path).isDirectory() || sumOf(staging + path) !== sum) changed.push(path);
    else rmSync(staging + path);
  }
  for (const directory of directories.toReversed()) {
    try {
      rmdirSync(staging + directory);
    } catch {
      // Somebody else has something in it, or removed it.
    }
  }
  return changed;
}

function makeFile(file: PlacedFile, path: string): void {
  if ('linkTo' in file) symlinkSync(file.linkTo, path);
  else if ('text' in file) writeFileSync(path, file.text, { mode: 0o644, flag: 'wx' });
  else {
    copyFileSync(file.copyOf, path);
    chmodSync(path, (lstatSync(file.copyOf).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

/** Makes a directory and those above it. Returns those that were not there, the outermost first. */
function makeDirectories(path: string, staging: string): string[] {
  if (existsSync(staging + path)) return [];
  const above = path === '/' ? [] : makeDirectories(dirname(path), staging);
  mkdirSync(staging + path, { mode: 0o755 });
  return [...above, path];
}

function sumOf(path: string): string {
  const content = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : readFileSync(path);
  return createHash('sha256').update(content).digest('hex');
}

/** All files below a directory, relative to it, sorted. */
function treeOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}
