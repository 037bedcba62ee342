/** Programs as child processes: argument arrays, no shell, output kept, always stopped (S9). */
import { type ChildProcess, spawn } from 'node:child_process';

/** How a program ended and what it said. */
export interface Outcome {
  /** The exit status, or `undefined` if a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface ProgramOptions {
  /** Written to the program's standard input, which is then closed. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The most that is kept of a program's output, in characters; what came first goes first. */
const MOST_OUTPUT = 4_000_000;

/** A program that is running, or has run. */
export class Program {
  readonly argv: readonly string[];
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #began = performance.now();
  readonly #ended: Promise<Outcome>;
  #isRunning = true;

  constructor(argv: readonly string[], options: ProgramOptions = {}) {
    this.argv = argv;
    const [file = '', ...args] = argv;
    this.#child = spawn(file, args, { env: { ...process.env, ...options.environment } });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout = (this.stdout + text).slice(-MOST_OUTPUT);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-MOST_OUTPUT);
    });
    // A program that ends early closes its input; that is its business, and shows in its exit status.
    this.#child.stdin?.on('error', () => {});
    this.#child.stdin?.end(options.input ?? '');
    this.#ended = new Promise((resolve) => {
      const end = (status: number | undefined): void => {
        this.#isRunning = false;
        const milliseconds = performance.now() - this.#began;
        resolve({ status, stdout: this.stdout, stderr: this.stderr, milliseconds });
      };
      this.#child.once('error', (error) => {
        this.stderr += error.message;
        end(127);
      });
      this.#child.once('close', (status) => end(status ?? undefined));
      // A child of the program may keep its output open for longer than the program lives. What has been written by then
      // is read first, however late this process gets its turn: immediates run after pipes, timers before.
      this.#child.once('exit', (status) => setTimeout(() => setImmediate(end, status ?? undefined), 500).unref());
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Waits for the end. */
  async ended(): Promise<Outcome> {
    return this.#ended;
  }

  /** Waits until standard output or error matches. Throws with all output when it ends or `withinMs` passes first. */
  async says(pattern: RegExp, withinMs = 10_000): Promise<RegExpExecArray> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match;
      const left = deadline - performance.now();
      if (!this.#isRunning || left <= 0) {
        const why = this.#isRunning ? `within ${withinMs} ms` : 'before it ended';
        throw new Error(`\`${this.argv.join(' ')}\` did not say ${pattern} ${why}:\n${this.stdout}${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 10)));
    }
  }

  /** Sends a signal; does nothing when the program has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isRunning) this.#child.kill(signal);
  }

  /** Asks the program to end, kills it after `withinMs`, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', withinMs = 3000): Promise<Outcome> {
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), withinMs);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Runs a program to its end; kills it after `timeoutMs` (then `status` is `undefined`). */
export async function run(argv: readonly string[], options?: ProgramOptions, timeoutMs = 20_000): Promise<Outcome> {
  const program = new Program(argv, options);
  const timer = setTimeout(() => program.signal('SIGKILL'), timeoutMs);
  try {
    return await program.ended();
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that has to succeed, and returns its standard output. Throws with its words when it does not. */
export async function must(argv: readonly string[], options?: ProgramOptions, timeoutMs?: number): Promise<string> {
  const { status, stdout, stderr } = await run(argv, options, timeoutMs);
  if (status === 0) return stdout;
  throw new Error(`\`${argv.join(' ')}\` ended with ${status ?? 'a signal'}: ${stderr.trim() || stdout.trim()}`);
}
