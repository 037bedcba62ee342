/** A line of text that outlives the daemon, in a file of the state directory. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from './make-directories.ts';

/** The longest that is read: four IPv4 prefixes with room for white space, in octets. */
const LONGEST = 96;

/** The text of a file; throws for anything that is no small regular file, which could keep a reader for ever. */
export function readSmallFile(file: string): string {
  const stats = statSync(file);
  if (!stats.isFile() || stats.size > LONGEST) throw new Error(`${file} is not what we wrote`);
  return readFileSync(file, 'utf8');
}

/** Puts a line into the place of what was there, whole or not at all, for nobody else to read. Throws when it cannot. */
export function keepSmallFile(file: string, line: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    makeDirectories(dirname(file), 0o700);
    // Made anew: the directory may be the service's own user's, and a link there would lead root anywhere.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, `${line}\n`, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(temporary, file);
  } catch (error) {
    removeIfThere(temporary);
    throw new Error(`Cannot keep ${file}`, { cause: error });
  }
}

function removeIfThere(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Its directory cannot be reached, so it was never made.
  }
}
