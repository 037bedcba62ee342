/** `bis restore`: undoes what a killed daemon left, where its janitor was killed too. */
import type { Command } from 'commander';
import { ControlError } from '../control/control-error.ts';
import { complain, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

const about = `
Undoes what a daemon did to the host that was killed together with its janitor. Does nothing when nothing is left, so it
may be run at any time; every start does the same first. Refused while a daemon is running: 'bis stop' ends that.`;

export function addRestore(program: Command): void {
  instanceCommand(program, 'restore', 'undo what a killed daemon left', about).action((options: InstanceOptions) =>
    finish(() => restoreHost(options)),
  );
}

async function restoreHost({ runtimeDir }: InstanceOptions): Promise<ExitCode> {
  const { existsSync } = await import('node:fs');
  const { runtimePaths } = await import('../control/runtime-directory.ts');
  const paths = runtimePaths(runtimeDir);
  if (!existsSync(paths.lock)) return nothingLeft();
  const { takeInstanceLock } = await import('../control/instance-lock.ts');
  const lock = await takeInstanceLock(paths.lock);
  try {
    const { linuxHost } = await import('../../install/host.ts');
    const { currentPlace } = await import('../../install/place.ts');
    const { restore } = await import('../../install/restore.ts');
    const { undone, failures } = await restore(paths.journal, linuxHost(), currentPlace()).catch(fail);
    for (const { message, cause } of failures)
      complain(cause instanceof Error ? `${message}: ${cause.message}` : message);
    if (failures.length > 0) return exitCode.FAILED;
    if (undone.length === 0) return nothingLeft();
    print(['bis undid what was left:', ...undone.map((title) => `  ${title}`)]);
    return exitCode.DONE;
  } finally {
    lock.release();
  }
}

function fail(error: unknown): never {
  throw new ControlError('failed', error instanceof Error ? error.message : String(error), { cause: error });
}

function nothingLeft(): ExitCode {
  print(['Nothing was left to undo']);
  return exitCode.DONE;
}
