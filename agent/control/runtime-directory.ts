/**
 * The runtime directory of one instance: where its sockets, lock and log are, and making them so that nobody else can
 * put anything there (requirement S8). A read-only socket needs a way in, so the two sockets have a directory each.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectories } from '../make-directories.ts';
import { ControlError, errorCode } from './control-error.ts';

/** The group whose members may control the agent, where it exists. */
const GROUP = 'bis';

/** Octets of a path that fit into `sockaddr_un.sun_path` (108) with its terminating zero. */
const LONGEST_SOCKET_PATH = 107;

export interface RuntimePaths {
  readonly directory: string;
  readonly lock: string;
  /** How to undo what outlives a killed daemon. */
  readonly journal: string;
  /** What a daemon prints that `bis up` started. */
  readonly log: string;
  readonly controlDirectory: string;
  readonly controlSocket: string;
  readonly publicDirectory: string;
  readonly publicSocket: string;
}

/** Where everything is in the runtime directory `directory`. */
export function runtimePaths(directory: string): RuntimePaths {
  const controlDirectory = join(directory, 'control');
  const publicDirectory = join(directory, 'public');
  return {
    directory,
    lock: join(directory, 'lock'),
    journal: join(directory, 'journal'),
    log: join(directory, 'daemon.log'),
    controlDirectory,
    controlSocket: join(controlDirectory, 'control.sock'),
    publicDirectory,
    publicSocket: join(publicDirectory, 'status.sock'),
  };
}

/**
 * Makes the runtime directory (0755) and returns its paths. One that exists keeps its mode, but must be a directory
 * that only its owner, we or root, can write to. Throws a `ControlError` if it cannot be used.
 */
export function makeRuntimeDirectory(directory: string): RuntimePaths {
  const paths = runtimePaths(directory);
  if (Buffer.byteLength(paths.controlSocket) > LONGEST_SOCKET_PATH) {
    throw new ControlError('unusable-directory', `Cannot use ${directory}: a socket in it would have too long a path`);
  }
  inWords(directory, () => makeDirectories(dirname(directory), 0o755));
  makeDirectory(directory, 0o755);
  return paths;
}

/** Makes the directories of both sockets, with exactly the modes S8 asks for under any umask. */
export function makeSocketDirectories(paths: RuntimePaths): void {
  makeDirectory(paths.controlDirectory, 0o750);
  chmodSync(paths.controlDirectory, 0o750);
  giveToGroup(paths.controlDirectory);
  makeDirectory(paths.publicDirectory, 0o755);
  chmodSync(paths.publicDirectory, 0o755);
}

/** Makes a file's group the group `bis`, if there is one and we are root; the service's own user is in it already. */
export function giveToGroup(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const group = groupId(GROUP);
  if (group !== undefined) chownSync(path, 0, group);
}

/** The number of a group of this host, from `/etc/group` (group(5)). */
function groupId(name: string): number | undefined {
  try {
    const line = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((each) => each.startsWith(`${name}:`));
    const number = Number(line?.split(':')[2]);
    return line !== undefined && Number.isInteger(number) ? number : undefined;
  } catch {
    return undefined;
  }
}

function makeDirectory(path: string, mode: number): void {
  inWords(path, () => {
    try {
      mkdirSync(path, { mode });
      chmodSync(path, mode);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      refuseUnsafe(path, lstatSync(path));
    }
  });
}

/** Refuses an existing `path` that is no directory, or one in which somebody else could replace our files. */
function refuseUnsafe(path: string, stats: Stats): void {
  if (!stats.isDirectory()) {
    const kind = stats.isSymbolicLink() ? 'a symbolic link' : 'a file';
    throw new ControlError('in-the-way', `Cannot use ${path}: it is ${kind}, not a directory`);
  }
  if (stats.uid !== 0 && stats.uid !== process.geteuid?.()) {
    throw new ControlError('unusable-directory', `Cannot use ${path}: it belongs to another user`);
  }
  if ((stats.mode & 0o022) !== 0) {
    throw new ControlError('unusable-directory', `Cannot use ${path}: others than its owner can write to it`);
  }
}

/** Runs a step of making `path` and turns the system's errors into a sentence. */
function inWords(path: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof ControlError) throw error;
    const reason = errorCode(error) === 'EACCES' ? 'permission denied; run as root' : (errorCode(error) ?? 'failed');
    throw new ControlError('unusable-directory', `Cannot make ${path}: ${reason}`, { cause: error });
  }
}
