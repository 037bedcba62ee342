/** The process: opens the control socket, starts the agent, and ends in order when it is told to. */
import { linuxHost } from '../install/host.ts';
import type { Ipv6Prefix } from '../mapper/address/prefix.ts';
import { startBump } from './bump.ts';
import type { Config } from './config/config.ts';
import { ControlError } from './control/control-error.ts';
import { runtimePaths } from './control/runtime-directory.ts';
import { type ControlServer, openControl } from './control/server.ts';
import { ExplicitMappings } from './explicit/explicit-mappings.ts';
import { selfPrefix } from './instance.ts';
import { createLog, type Log } from './log.ts';
import { Exposed } from './recipient/exposed.ts';
import { RunningAgent } from './running-agent.ts';
import { ServiceNotify } from './service-notify.ts';

export interface DaemonSettings {
  readonly config: Config;
  /** Absolute paths. */
  readonly stateDirectory: string;
  readonly runtimeDirectory: string;
  /** Wait for `bis up` instead of starting at once. */
  readonly startDown: boolean;
}

/** How long starting and stopping may take, in milliseconds. */
const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 30_000;

const exit = { DONE: 0, FAILED: 1 } as const;

/** Why it ends. */
interface Ending {
  readonly by: string;
  readonly isFailure: boolean;
}

/**
 * Runs until it is told to stop. Resolves to the exit status: 0, or 1 when it could not start or something nobody had
 * thought of went wrong. When not everything could be undone it does not resolve: the process is killed.
 */
export async function runDaemon(settings: DaemonSettings): Promise<number> {
  const { config, stateDirectory, runtimeDirectory, startDown } = settings;
  const log = createLog(config.log);
  const host = linuxHost();
  const ending = endings(log);
  // Nothing is started before the control socket is open.
  const journal = () => ({ path: runtimePaths(runtimeDirectory).journal, lock: control?.lock.descriptor });
  const exposed = new Exposed(config.recipient);
  const explicit = new ExplicitMappings(config.mapper.explicit, log);
  const agent = new RunningAgent({
    exposed,
    explicit,
    start: (run) =>
      startBump(
        {
          config,
          ula: keptPrefix(stateDirectory, log),
          exposed,
          explicit,
          stateDirectory,
          journal: journal(),
          host,
          log,
        },
        run,
      ),
    log,
    onStop: () => ending.resolve({ by: 'the control socket', isFailure: false }),
    onBroken: () => ending.resolve({ by: 'a data path that could not be withdrawn', isFailure: true }),
  });
  const control: ControlServer | undefined = await openControl({ runtimeDirectory, agent }).catch((error: unknown) => {
    if (!(error instanceof ControlError)) throw error;
    log.error(error.message);
    return undefined;
  });
  if (control === undefined) return exit.FAILED;
  const notify = new ServiceNotify(process.env);
  if (startDown) notify.tell('READY=1', 'STATUS=down');
  else {
    void agent.up(START_MILLISECONDS).then(({ state }) => {
      if (state === 'down') ending.resolve({ by: 'a start that failed', isFailure: true });
      else notify.tell('READY=1', `STATUS=${state}`);
    });
  }
  const watchdog = feedWatchdog(notify, agent);
  const { by, isFailure } = await ending.promise;
  log.info({ by }, 'Ending');
  notify.tell('STOPPING=1');
  clearInterval(watchdog);
  const { state, reasons } = await agent.down(STOP_MILLISECONDS);
  await control.close();
  const isUndone = state === 'down' && reasons.every(({ code }) => code !== 'not-undone');
  // Device, tables and routes go with the process, and a thread that hangs would keep it from exiting for ever.
  if (!isUndone) process.kill(process.pid, 'SIGKILL');
  return isFailure ? exit.FAILED : exit.DONE;
}

/** Tells the service manager every now and then that we are alive, while both this thread and the packet workers are. */
function feedWatchdog(notify: ServiceNotify, agent: RunningAgent): NodeJS.Timeout | undefined {
  if (notify.watchdogMilliseconds === undefined) return undefined;
  return setInterval(() => {
    if (!agent.status().reasons.some(({ code }) => code === 'not-answering')) notify.tell('WATCHDOG=1');
  }, notify.watchdogMilliseconds);
}

/** Resolves with the first thing that is to end the process. */
function endings(log: Log): PromiseWithResolvers<Ending> {
  const ending = Promise.withResolvers<Ending>();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => ending.resolve({ by: signal, isFailure: false }));
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.error({ err: error }, 'An error that nobody expected: everything is undone');
      ending.resolve({ by: event, isFailure: true });
    });
  }
  return ending;
}

function keptPrefix(stateDirectory: string, log: Log): Ipv6Prefix {
  const { prefix, problem } = selfPrefix(stateDirectory);
  if (problem !== undefined) log.warn({ err: problem }, problem.message);
  return prefix;
}
