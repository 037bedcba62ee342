/** The process: opens the control socket, starts the agent, and ends in order when it is told to. */
import { linuxHost } from '../install/host.ts';
import type { Config } from './config/config.ts';
import { ControlError } from './control/control-error.ts';
import { openControl } from './control/server.ts';
import { selfPrefix } from './instance.ts';
import { createLog } from './log.ts';
import { RunningAgent } from './running-agent.ts';

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
const STOP_MILLISECONDS = 10_000;

const exit = { DONE: 0, FAILED: 1 } as const;

/** Runs until it is told to stop. Resolves to the exit status: 0, or 1 when it could not start. */
export async function runDaemon(settings: DaemonSettings): Promise<number> {
  const { config, stateDirectory, runtimeDirectory, startDown } = settings;
  const log = createLog(config.log);
  const { prefix, problem } = selfPrefix(stateDirectory);
  if (problem !== undefined) log.warn({ err: problem }, problem.message);
  const told = Promise.withResolvers<string>();
  const agent = new RunningAgent({
    config,
    ula: prefix,
    host: linuxHost(),
    log,
    onStop: () => told.resolve('the control socket'),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.resolve(signal));

  const control = await openControl({ runtimeDirectory, agent }).catch((error: unknown) => {
    if (!(error instanceof ControlError)) throw error;
    log.error(error.message);
    return undefined;
  });
  if (control === undefined) return exit.FAILED;
  try {
    if (!startDown && (await agent.up(START_MILLISECONDS)).state === 'down') return exit.FAILED;
    log.info({ by: await told.promise }, 'Told to stop');
    const { state } = await agent.down(STOP_MILLISECONDS);
    return state === 'down' ? exit.DONE : exit.FAILED;
  } finally {
    await control.close();
  }
}
