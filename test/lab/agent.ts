/** `bis` itself on a host of the lab: its daemon with directories of its own, and its commands. */
import path from 'node:path';
import type { Status } from '../../agent/control/agent.ts';
import { ControlClient } from '../../agent/control/client.ts';
import { ControlError } from '../../agent/control/control-error.ts';
import type { Lab } from './lab.ts';
import type { LabHost } from './lab-host.ts';
import type { Outcome, Program } from './program.ts';
import { bis } from './tools.ts';

export class Agent {
  readonly host: LabHost;
  readonly #stateDirectory: string;
  readonly #runtimeDirectory: string;
  readonly #client: ControlClient;
  #daemon: Program | undefined;

  /** Prepares an agent for `host`. Its directories are inside the lab's, so they go with it. */
  constructor(lab: Lab, host: LabHost) {
    this.host = host;
    this.#stateDirectory = path.join(lab.directory, `${host.name}-state`);
    this.#runtimeDirectory = path.join(lab.directory, `${host.name}-run`);
    this.#client = new ControlClient(this.#runtimeDirectory);
  }

  /** The daemon that `start` started last. Throws before that. */
  get daemon(): Program {
    if (this.#daemon === undefined) throw new Error('The daemon was not started');
    return this.#daemon;
  }

  /** Starts `bis daemon` in the foreground and waits until it is up. Throws with its words when it is not in time. */
  async start(withinMs = 10_000, ...more: string[]): Promise<Program> {
    const directories = ['--state-dir', this.#stateDirectory, '--runtime-dir', this.#runtimeDirectory];
    const daemon = this.host.start([bis, 'daemon', ...directories, ...more]);
    this.#daemon = daemon;
    const wanted = more.includes('--down') ? 'down' : 'up';
    const deadline = performance.now() + withinMs;
    for (let state = ''; state !== wanted; ) {
      if (!daemon.isRunning || performance.now() > deadline) {
        throw new Error(`\`bis daemon\` is ${state || 'silent'}, not ${wanted}:\n${daemon.stdout}${daemon.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      state = (await this.status())?.state ?? '';
    }
    return daemon;
  }

  /** Runs `bis up`, which starts a daemon in the background if none runs. */
  async up(): Promise<Outcome> {
    return this.tell('up', '--state-dir', this.#stateDirectory);
  }

  /** Runs `bis WORDS` against this agent's daemon. */
  async tell(...words: string[]): Promise<Outcome> {
    return this.host.run([bis, ...words, '--runtime-dir', this.#runtimeDirectory]);
  }

  /**
   * What the daemon says of itself, or `undefined` when none runs or it does not answer. Asked over its socket, which has a
   * path and so no namespace: tests ask again and again, and each `bis status --json` is a process of its own.
   */
  async status(): Promise<Status | undefined> {
    try {
      return await this.#client.status();
    } catch (error) {
      if (error instanceof ControlError) return undefined;
      throw error;
    }
  }
}
