/** `bis daemon`: the agent itself, in the foreground. The only command that loads it. */
import type { Command } from 'commander';
import { complain, finish, instanceCommand } from './command.ts';
import { configFile, type DaemonOptions, stateDirectory } from './daemon-options.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

const about = `
Runs the agent in the foreground and starts translating at once. SIGTERM and SIGINT undo everything that was done to
the host and end it. One daemon serves one network namespace; many may run on one machine, each with its own runtime
and state directory.`;

/** Where the daemon's children are looked for, whatever the caller's PATH (requirement S9). */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export function addDaemon(program: Command): void {
  instanceCommand(program, 'daemon', 'run the agent in the foreground', about)
    .addOption(configFile())
    .addOption(stateDirectory())
    .option('--down', "do not start translating before 'bis up'")
    .action((options: DaemonOptions & { down?: true }) => finish(() => daemon(options)));
}

async function daemon(options: DaemonOptions & { down?: true }): Promise<ExitCode> {
  if (process.geteuid?.() === 0 && process.env.NODE_OPTIONS !== undefined) {
    complain('refuses to run as root with NODE_OPTIONS set; unset it');
    return exitCode.FAILED;
  }
  // The launcher keeps Node from opening a debugger on this signal; without either, it would end us unawares.
  process.on('SIGUSR1', () => {});
  process.env.PATH = PATH;
  process.umask(0o077);
  const { defaultConfig, readConfigFile } = await import('../config/parse-config.ts');
  const config = options.config === undefined ? defaultConfig() : readConfigFile(options.config);
  const { runDaemon } = await import('../daemon.ts');
  const code = await runDaemon({
    config,
    stateDirectory: options.stateDir,
    runtimeDirectory: options.runtimeDir,
    startDown: options.down === true,
  });
  // Not `process.exitCode`: nothing that is left open may keep a daemon alive that has said it is done.
  process.exit(code);
}
