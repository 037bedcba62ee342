/**
 * One daemon per runtime directory: a lock of flock(2) on a file in it. The kernel takes it away with the process,
 * however that ends, so it is never stale; node opens files with O_CLOEXEC, so no child keeps it.
 */
import { closeSync, constants, fchmodSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { ControlError, systemCode } from './control-error.ts';

/** Operations of flock(2), `<sys/file.h>`. */
const LOCK_EX = 2;
const LOCK_NB = 4;

/** How long a daemon that is just ending may take to let go. */
const PATIENCE_MS = 500;

const flock = koffi.load(null).func('int flock(int descriptor, int operation)') as (
  descriptor: number,
  operation: number,
) => number;

/** A lock that is held until `release`, or until the process is no more. */
export class InstanceLock {
  #descriptor: number | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Lets the next daemon in. Does nothing the second time. */
  release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/**
 * Takes the lock `path` and writes our process id into it. Throws a `ControlError`: `already-running` when another
 * process keeps it for half a second, `in-the-way` when it is not a regular file.
 */
export async function takeInstanceLock(path: string): Promise<InstanceLock> {
  const descriptor = openLock(path);
  for (let waited = 0; flock(descriptor, LOCK_EX | LOCK_NB) !== 0; waited += 20) {
    if (waited >= PATIENCE_MS) {
      const holder = readFileSync(descriptor, 'ascii').trim();
      closeSync(descriptor);
      throw new ControlError(
        'already-running',
        `Another bis daemon${/^\d+$/.test(holder) ? ` (pid ${holder})` : ''} holds ${path}; one for another network namespace needs a --runtime-dir of its own`,
      );
    }
    await sleep(20);
  }
  fchmodSync(descriptor, 0o600);
  ftruncateSync(descriptor);
  writeSync(descriptor, `${process.pid}\n`, 0);
  return new InstanceLock(descriptor);
}

function openLock(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO') {
      throw new ControlError('in-the-way', `Cannot use ${path}: it is not a regular file`, { cause: error });
    }
    throw new ControlError('unusable-directory', `Cannot open ${path}: ${code}`, { cause: error });
  }
}
