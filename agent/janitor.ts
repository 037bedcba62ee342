/**
 * The daemon's side of the janitor (`install/janitor.js`): starts it before anything is done to the host, starts another
 * should it be killed, and lets it go when all is undone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from './log.ts';

/** How long a janitor that has nothing to do may take to end. */
const END_MILLISECONDS = 3000;
/** A janitor that ends at once is not started again at once. */
const RESTART_MILLISECONDS = 200;

const PROGRAM = fileURLToPath(new URL('../install/janitor.js', import.meta.url));

export interface JanitorParts {
  /** The journal it would undo. */
  readonly journal: string;
  /** A descriptor of the instance lock. */
  readonly lock: number;
  readonly log: Log;
}

export class Janitor {
  readonly #parts: JanitorParts;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #isEnding = false;

  private constructor(parts: JanitorParts) {
    this.#parts = parts;
  }

  /** Starts it; from then on it survives this process. Rejects with `Cannot start the janitor`. */
  static async start(parts: JanitorParts): Promise<Janitor> {
    const janitor = new Janitor(parts);
    await janitor.#start();
    return janitor;
  }

  /** Its process id; `undefined` for the moment in which there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Lets it go; resolves when it has ended. What the journal still says it undoes first. */
  async end(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.stdin?.destroy();
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MILLISECONDS);
    await ended;
    clearTimeout(timer);
  }

  async #start(): Promise<void> {
    const { journal, lock } = this.#parts;
    const child = spawn(process.execPath, ['--disable-sigusr1', PROGRAM, journal], {
      // A session of its own: what ends the daemon's process group does not end it.
      detached: true,
      cwd: '/',
      env: {},
      stdio: ['pipe', 'ignore', 'inherit', lock],
    });
    // Its end of the pipe is closed when it is killed; that is told by its exit.
    child.stdin?.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(new Error('Cannot start the janitor', { cause })));
    });
    child.unref();
    if (this.#isEnding) return void child.stdin?.destroy();
    this.#child = child;
    child.once('exit', () => this.#replace(child));
  }

  /** Without one, a death of ours would leave things behind until the next start. */
  #replace(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#parts.log.warn('The janitor ended: another one is started');
    this.#restartSoon();
  }

  #restartSoon(): void {
    this.#restart = setTimeout(() => {
      this.#start().catch((error: unknown) => {
        this.#parts.log.error({ err: error }, 'Cannot start another janitor yet');
        this.#restartSoon();
      });
    }, RESTART_MILLISECONDS);
  }
}
