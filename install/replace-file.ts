/**
 * Replacing a file for a while: another is put in its place in one step, and what was there, be it a file or a link, is
 * kept beside it as it was, owner, mode and all, to be put back in one step.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/**
 * Puts a file with this text in the place of a file or link, which is kept as `kept`. Throws when there is none, when
 * something is kept there already, and where the file is mounted over; then nothing is changed.
 */
export function replaceFile(path: string, text: string, kept: string): void {
  const stats = lstatSync(path);
  if (!stats.isFile() && !stats.isSymbolicLink()) throw new Error(`${path} is no file`);
  // A second name for the same file, or for the link itself, which link(2) does not follow.
  linkSync(path, kept);
  const fresh = `${path}.${process.pid}`;
  try {
    writeNew(fresh, text);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    rmSync(kept, { force: true });
    throw error;
  }
}

/**
 * Puts back what was kept, if the file in its place begins with `ifBegins`; if it does not, it is somebody else's by now,
 * and what was kept is only removed. Does nothing when nothing is kept.
 */
export function putBack(path: string, kept: string, ifBegins: string): void {
  if (lstatSync(kept, { throwIfNoEntry: false }) === undefined) return;
  if (beginOf(path).startsWith(ifBegins)) renameSync(kept, path);
  else rmSync(kept);
}

/** The text of a file; none for one that cannot be read, which is not ours then. */
function beginOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function writeNew(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
