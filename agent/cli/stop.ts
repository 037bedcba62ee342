/** `bis stop`: ends the daemon, whoever started it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { ControlClient } from '../control/client.ts';
import { ControlError } from '../control/control-error.ts';
import { complain, finish, instanceCommand, print, type TimeoutOptions, timeout } from './command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { flushHostCaches, isForUs } from './host-caches.ts';

const about = `
Stops translating, ends the daemon, and returns when it has ended. A daemon that systemd started is started again by
systemd if its unit says so; use systemctl there.`;

export function addStop(program: Command): void {
  instanceCommand(program, 'stop', 'stop translating and end the daemon', about)
    .addOption(timeout())
    .action((options: TimeoutOptions) => finish(() => stop(options)));
}

async function stop(options: TimeoutOptions): Promise<ExitCode> {
  const client = new ControlClient(options.runtimeDir);
  // The socket that tells goes with the daemon.
  const isToBeFlushed = isForUs(options.runtimeDir);
  await client.stop();
  if (await hasEnded(client, options.timeout)) {
    if (isToBeFlushed) await flushHostCaches();
    print(['bis has stopped']);
    return exitCode.DONE;
  }
  complain(`Not stopped within ${options.timeout} s`);
  return exitCode.FAILED;
}

/** Waits until nobody answers, which is the last thing a daemon undoes. Returns whether that came within the time. */
export async function hasEnded(client: ControlClient, timeoutSeconds: number): Promise<boolean> {
  const end = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < end) {
    try {
      await client.status();
    } catch (error) {
      if (error instanceof ControlError && error.code === 'not-running') return true;
    }
    await sleep(50);
  }
  return false;
}
