/** `bis daemon`: the agent itself, in the foreground. The only command that loads it. */
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { complain, finish, instanceCommand, print } from './command.ts';
import { configFile, type DaemonOptions, stateDirectory } from './daemon-options.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

const about = `
Runs the agent in the foreground and starts translating at once. SIGTERM and SIGINT undo everything that was done to
the host and end it. One daemon serves one network namespace; many may run on one machine, each with its own runtime
and state directory.`;

/** Where the daemon's children are looked for, whatever the caller's PATH (requirement S9). */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

type Options = DaemonOptions & { down?: true; dryRun?: true };

export function addDaemon(program: Command): void {
  instanceCommand(program, 'daemon', 'run the agent in the foreground', about)
    .addOption(configFile())
    .addOption(stateDirectory())
    .option('--down', "do not start translating before 'bis up'")
    .option('--dry-run', 'print what would be done to the host, and what undoes it; do nothing')
    .action((options: Options) => finish(() => (options.dryRun === true ? dryRun(options) : daemon(options))));
}

async function dryRun(options: Options): Promise<ExitCode> {
  process.env.PATH = PATH;
  const { planLines } = await import('../plan.ts');
  const { linuxHost } = await import('../../install/host.ts');
  const { drawSelfPrefix, keptSelfPrefix } = await import('../instance.ts');
  const ula = keptSelfPrefix(options.stateDir) ?? drawSelfPrefix();
  const { keptRange } = await import('../kept-range.ts');
  const config = await configFrom(options);
  print(await planLines(config, ula, linuxHost(), keptRange(options.stateDir, config.mapper.spool)));
  return exitCode.DONE;
}

async function configFrom({ config }: Options): Promise<Config> {
  const { defaultConfig, readConfigFile } = await import('../config/parse-config.ts');
  return config === undefined ? defaultConfig() : readConfigFile(config);
}

async function daemon(options: Options): Promise<ExitCode> {
  if (process.geteuid?.() === 0 && process.env.NODE_OPTIONS !== undefined) {
    complain('refuses to run as root with NODE_OPTIONS set; unset it');
    return exitCode.FAILED;
  }
  // The launcher keeps Node from opening a debugger on this signal; without either, it would end us unawares.
  process.on('SIGUSR1', () => {});
  process.env.PATH = PATH;
  process.umask(0o077);
  const config = await configFrom(options);
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
