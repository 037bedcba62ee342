/** `bis up`: starts translating, with a daemon of its own if none is running. */
import type { Command } from 'commander';
import type { Status } from '../control/agent.ts';
import { ControlClient } from '../control/client.ts';
import { ControlError } from '../control/control-error.ts';
import { networkNamespace } from '../control/network-namespace.ts';
import {
  absolute,
  complain,
  DEFAULT_RUNTIME_DIRECTORY,
  finish,
  instanceCommand,
  print,
  type TimeoutOptions,
  timeout,
} from './command.ts';
import { configFile, type DaemonOptions, stateDirectory } from './daemon-options.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { flushHostCaches, isForUs } from './host-caches.ts';
import { startDaemon } from './start-daemon.ts';
import { reasonsText } from './status-text.ts';
import { hasEnded } from './stop.ts';

const about = `
Starts translating and returns when it is so. If no daemon is running, one is started in the background with the
configuration and state directory given here; one that is running already keeps its own. If it cannot be done in time,
everything is undone, the reason printed, and a daemon that was started for it ended.`;

export type UpOptions = DaemonOptions & TimeoutOptions;

export function addUp(program: Command): void {
  instanceCommand(program, 'up', 'start translating, and a daemon if none is running', about)
    .addOption(timeout())
    .addOption(configFile())
    .addOption(stateDirectory())
    .action((options: UpOptions) => finish(() => up(options, daemonArgv(options))));
}

/** How this program is run as a daemon that waits to be told; the flag is the launcher's. */
function daemonArgv({ config, stateDir, runtimeDir }: UpOptions): string[] {
  const script = absolute(process.argv[1] ?? '');
  const file = config === undefined ? [] : ['--config', config];
  const program = [process.execPath, '--disable-sigusr1', script];
  return [...program, 'daemon', '--down', '--state-dir', stateDir, '--runtime-dir', runtimeDir, ...file];
}

/** Makes it so with the daemon that runs, or with one started as `argv`. */
export async function up(options: UpOptions, argv: readonly string[]): Promise<ExitCode> {
  const client = new ControlClient(options.runtimeDir);
  const end = Date.now() + options.timeout * 1000;
  const started = await startIfNone(client, options, argv);
  let status: Status;
  try {
    status = await client.up(Math.max(0.1, (end - Date.now()) / 1000));
  } catch (error) {
    if (started) await stopQuietly(client);
    throw error;
  }
  if ((status.state === 'up' || status.state === 'degraded') && isForUs(options.runtimeDir)) await flushHostCaches();
  switch (status.state) {
    case 'up':
      print(['bis is up']);
      return exitCode.DONE;
    case 'degraded':
      print(['bis is up, but degraded:', ...reasonsText(status.reasons)]);
      return exitCode.DEGRADED;
    case 'down':
    case 'starting':
    case 'stopping':
      complain(['Cannot start translating', ...reasonsText(status.reasons)].join('\n'));
      if (started) await stopQuietly(client);
      return exitCode.FAILED;
  }
}

/** Returns whether a daemon had to be started. */
async function startIfNone(client: ControlClient, options: UpOptions, argv: readonly string[]): Promise<boolean> {
  try {
    const status = await client.status();
    refuseOtherNamespace(status, options.runtimeDir);
    if (options.config !== undefined)
      complain(`The daemon that runs (pid ${status.pid}) keeps its configuration; \`bis stop\` ends it`);
    return false;
  } catch (error) {
    if (!(error instanceof ControlError) || error.code !== 'not-running') throw error;
  }
  if (options.config !== undefined) {
    const { readConfigFile } = await import('../config/parse-config.ts');
    readConfigFile(options.config);
  }
  await startDaemon(argv, options.runtimeDir, client, options.timeout);
  return true;
}

/**
 * Throws when the daemon of the default directory serves another network namespace: nobody who is here means that one.
 * Who names a directory does.
 */
export function refuseOtherNamespace(status: Status, runtimeDir: string): void {
  if (runtimeDir !== DEFAULT_RUNTIME_DIRECTORY || status.networkNamespace === networkNamespace()) return;
  const text = `The daemon of ${runtimeDir} (pid ${status.pid}) serves another network namespace`;
  throw new ControlError('other-namespace', `${text}; start one here with a --runtime-dir and --state-dir of its own`);
}

/** Ends a daemon that is of no use; what is to be told has been told. */
async function stopQuietly(client: ControlClient): Promise<void> {
  try {
    await client.stop();
    await hasEnded(client, 5);
  } catch {}
}
