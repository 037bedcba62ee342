/**
 * The machine's own files of which the hosts of a lab have others in their place: looked at, so that a lab that wrote the
 * machine's is found out. Quick, and at once: it is done while a process exits, too.
 */
import fs from 'node:fs';
import path from 'node:path';

/** Beginnings of their names, so that what stands for a moment beside a file until it is renamed is seen as well. */
const REPLACED = ['group', 'hosts', 'machine-id', 'nscd.conf', 'nsswitch.conf', 'passwd', 'resolv.conf', 'shadow'];

/** Each file by its path, with what changes when it is written, replaced or made another kind of thing. */
export type FileMarks = ReadonlyMap<string, string>;

/** What stands in `folder`, the machine's `/etc`, by those names; where one is a link, also what it leads to. */
export function fileMarks(folder: string): FileMarks {
  const names = fs.readdirSync(folder).filter((name) => REPLACED.some((start) => name.startsWith(start)));
  return new Map(
    names.map((name) => {
      const file = path.join(folder, name);
      return [file, [fs.lstatSync, fs.statSync].map((look) => mark(look(file, LOOK))).join(', ')];
    }),
  );
}

const LOOK = { bigint: true, throwIfNoEntry: false } as const;

function mark(stats: fs.BigIntStats | undefined): string {
  return stats === undefined ? 'nothing' : `inode ${stats.ino}, ${stats.size} octets, changed ${stats.mtimeNs}`;
}

/** Paths that are new, gone or different, in order. */
export function changedFiles(before: FileMarks, after: FileMarks): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((file) => before.get(file) !== after.get(file)).sort();
}
