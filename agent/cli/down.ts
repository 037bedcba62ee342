/** `bis down`: stops translating; the daemon stays. */
import type { Command } from 'commander';
import { complain, finish, instanceCommand, print, type TimeoutOptions, timeout } from './command.ts';
import { exitCode } from './exit-code.ts';

const about = `
Stops translating and returns when everything that was done to the host is undone. The daemon goes on running, so that
'bis up' needs nothing but the socket; 'bis stop' ends it.`;

export function addDown(program: Command): void {
  instanceCommand(program, 'down', 'stop translating; the daemon stays', about)
    .addOption(timeout())
    .action((options: TimeoutOptions) =>
      finish(async () => {
        const { ControlClient } = await import('../control/client.ts');
        const status = await new ControlClient(options.runtimeDir).down(options.timeout);
        if (status.state === 'down') {
          const { flushHostCaches, isForUs } = await import('./host-caches.ts');
          if (isForUs(options.runtimeDir)) await flushHostCaches();
          print(['bis is down']);
          return exitCode.DONE;
        }
        complain(`Not down within ${options.timeout} s; the state is ${status.state}`);
        return exitCode.FAILED;
      }),
    );
}
