/** The file operations that keeping mappings needs, as an interface, and Linux's (open(2), pwrite(2), fsync(2)). */
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** A file that is open. All but `sync` are done when they return, and throw when they cannot be. */
export interface OpenFile {
  /** Reads into all of `octets` from `position` on. Returns how many there were; fewer only at the end. */
  read(octets: Uint8Array, position: number): number;
  /** Writes the first `length` octets at `position`, all of them. What a failed write has left there is undefined. */
  write(octets: Uint8Array, length: number, position: number): void;
  /** Resolves when what was written is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

/** Files of a directory. Everything throws when it cannot. */
export interface Files {
  /** Opens a regular file to read; `undefined` when it does not exist. Throws for anything that is no regular file. */
  open(path: string): OpenFile | undefined;
  /** An empty file in the place of what was there, for nobody else to read. Makes its directory if need be. */
  create(path: string): OpenFile;
  rename(from: string, to: string): void;
  /** Does nothing when there is none. */
  remove(path: string): void;
}

/** The files of this host. */
export const linuxFiles: Files = {
  open(path) {
    const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
    let descriptor: number;
    try {
      // A FIFO would keep an open that waits for ever.
      descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    if (fstatSync(descriptor).isFile()) return openFile(descriptor);
    closeSync(descriptor);
    throw new Error(`${path} is no regular file`);
  },
  create(path) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(path, { force: true });
    const { O_WRONLY, O_CREAT, O_EXCL } = constants;
    return openFile(openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o600));
  },
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
};

function openFile(descriptor: number): OpenFile {
  return {
    read(octets, position) {
      let done = 0;
      while (done < octets.length) {
        const count = readSync(descriptor, octets, done, octets.length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    },
    write(octets, length, position) {
      for (let done = 0; done < length; ) done += writeSync(descriptor, octets, done, length - done, position + done);
    },
    sync: () => new Promise((resolve, reject) => fsync(descriptor, (error) => (error ? reject(error) : resolve()))),
    close: () => closeSync(descriptor),
  };
}
