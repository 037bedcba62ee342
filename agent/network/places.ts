/** Where something has to happen for a file to be another than before: where it is, where its links are, or where it will be. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';

/** Links that are followed, as many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/** A folder in which a name matters; without one the thing itself, a file or a folder with all in it. */
export interface Place {
  readonly at: string;
  readonly name?: string;
}

/**
 * The places for one file or folder, which need not be there: then it is the folder that is, and what would appear in it.
 * Folders on the way to the last one may be moved without being noticed.
 */
export function placesOf(file: string): Place[] {
  const places: Place[] = [];
  let rest = wordsOf(file);
  let at = '/';
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...further] = rest;
    const next = path.join(at, name);
    const stats = name === '..' ? undefined : look(next);
    rest = further;
    if (name === '..') {
      at = next;
    } else if (stats === undefined) {
      places.push({ at, name });
      return places;
    } else if (stats.isSymbolicLink()) {
      places.push({ at, name });
      if (++links > MOST_LINKS) return places;
      const target = readlinkSync(next);
      rest = [...wordsOf(target), ...rest];
      if (path.isAbsolute(target)) at = '/';
    } else {
      // The thing itself as well: what is mounted over a file is written to elsewhere.
      if (rest.length === 0) places.push({ at, name }, { at: next });
      at = next;
    }
  }
  return places;
}

function wordsOf(file: string): string[] {
  return file.split('/').filter((word) => word !== '' && word !== '.');
}

/** `undefined` where nothing is, or nothing can be seen. */
function look(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
