/** `bis status`: what the daemon is doing. */
import type { Command } from 'commander';
import type { AgentState } from '../control/agent.ts';
import { asJson, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

const about = `
Says whether packets are translated, and how many were. The exit status is 0 when bis is up, 4 when it is degraded,
3 when it is down, on its way up or down, or when no daemon is running.`;

export function addStatus(program: Command): void {
  instanceCommand(program, 'status', 'say whether it is up, and what it did', about)
    .addOption(asJson())
    .action((options: InstanceOptions & { json?: true }) =>
      finish(async () => {
        const { ControlClient } = await import('../control/client.ts');
        const { json } = await import('./text.ts');
        const { statusText } = await import('./status-text.ts');
        const status = await new ControlClient(options.runtimeDir).status();
        print(options.json ? [json(status)] : statusText(status, Date.now()));
        return statusExitCode(status.state);
      }),
    );
}

/** The exit status that tells a state: whether it is up is what is asked. */
function statusExitCode(state: AgentState): ExitCode {
  switch (state) {
    case 'up':
      return exitCode.DONE;
    case 'degraded':
      return exitCode.DEGRADED;
    case 'down':
    case 'starting':
    case 'stopping':
      return exitCode.NOT_RUNNING;
  }
}
