/**
 * One daemon per runtime directory: a lock of flock(2) on a file in it. The kernel takes it away with the process,
 * however that ends, so it is never stale; node opens files with O_CLOEXEC, so no child keeps it.
 */
import { closeSync, constants, fchmodSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { ControlError, errorCode } from './control-error.ts';

/** Operations of flock(2), `<sys/file.h>`. */
const LOCK_EX = 2;
const LOCK_NB = 4;

/** How long a daemon that is just ending may take to let go, and the janitor of one that is dead to undo what it did. */
const PATIENCE_MS = 500;
const JANITOR_PATIENCE_MS = 10_000;

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

  /** For a child that is to hold the lock too: it is free when both have let go. `undefined` after `release`. */
  get descriptor(): number | undefined {
    return this.#descriptor;
  }

  /** Lets the next daemon in. Does nothing the second time. */
  release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/**
 * Takes the lock `path` and writes our process id into it. Throws a `ControlError`: `already-running` when another
 * daemon keeps it for half a second, or a dead one's janitor for ten; `in-the-way` when it is not a regular file.
 */
export async function takeInstanceLock(path: string): Promise<InstanceLock> {
  const descriptor = openLock(path);
  for (let waited = 0; flock(descriptor, LOCK_EX | LOCK_NB) !== 0; waited += 20) {
    const holder = readFileSync(path, 'ascii').trim();
    if (waited >= (isAlive(holder) ? PATIENCE_MS : JANITOR_PATIENCE_MS)) {
      closeSync(descriptor);
      throw new ControlError(
        'already-running',
        `Another bis daemon${/^\d+$/.test(holder) ? ` (pid ${holder})` : ''} holds ${path}; one for another network namespace needs a --runtime-dir of its own`,
      );
    }
    await sleep(20);
  }
  fchmodSync(descriptor, 0o600);
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, `${process.pid}\n`, 0);
  } catch (error) {
    closeSync(descriptor);
    throw new ControlError('unusable-directory', `Cannot write ${path}: ${errorCode(error)}`, { cause: error });
  }
  return new InstanceLock(descriptor);
}

/** Whether a process id is one that runs; text that is none counts as one, as nobody knows better. */
function isAlive(pid: string): boolean {
  if (!/^\d+$/.test(pid)) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

function openLock(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO') {
      throw new ControlError('in-the-way', `Cannot use ${path}: it is not a regular file`, { cause: error });
    }
    const reason = code === 'EACCES' ? 'permission denied; run as root' : code;
    throw new ControlError('unusable-directory', `Cannot open ${path}: ${reason}`, { cause: error });
  }
}
