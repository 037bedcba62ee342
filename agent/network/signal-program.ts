/** A signal for a program that is known by its name, from somebody who may signal everybody (proc(5), kill(2)). */
import { closeSync, openSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

/** Others who may write to a file: the group, and everybody. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Sends a signal to process `pid` if its executable is called `name` and nobody but root could have put it there: any
 * process may call itself as it likes, and a number may be another's by now. Throws "Cannot …" when it is not, when that
 * cannot be seen, or when the signal is not allowed.
 */
export function signalProgram(pid: number, name: string, signal: NodeJS.Signals): void {
  // As long as it is open these are the files of one process, whoever has its number afterwards.
  const process_ = openSync(`/proc/${pid}`, 'r');
  try {
    const link = `/proc/self/fd/${process_}/exe`;
    // An update may have removed it.
    const file = readlinkSync(link).replace(/ \(deleted\)$/, '');
    if (path.basename(file) !== name) throw new Error(`Cannot signal process ${pid}: it runs ${file}, not ${name}`);
    const { uid, mode } = statSync(link);
    if (uid !== 0 || (mode & WRITABLE_BY_OTHERS) !== 0)
      throw new Error(`Cannot signal process ${pid}: others than root can write ${file}`);
    process.kill(pid, signal);
  } finally {
    closeSync(process_);
  }
}
