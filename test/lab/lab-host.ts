/** One machine of a lab: runs programs inside its network namespace and looks at its state from outside. */
import { must, type Outcome, Program, type ProgramOptions, run } from './program.ts';
import { type Aspect, differences, type Snapshot, takeSnapshot } from './snapshot.ts';

export class LabHost {
  /** The name in the topology: `dual`. */
  readonly name: string;
  /** The network namespace, for `ip netns exec`. */
  readonly namespace: string;
  readonly #echo: ((line: string) => void) | undefined;
  /** The command that runs another one inside. */
  readonly #entry: readonly string[];

  constructor(
    name: string,
    namespace: string,
    echo?: (line: string) => void,
    entry: readonly string[] = ['ip', 'netns', 'exec', namespace],
  ) {
    this.name = name;
    this.namespace = namespace;
    this.#echo = echo;
    this.#entry = entry;
  }

  /** A command as it has to be run from outside to run inside this host. */
  command(argv: readonly string[]): string[] {
    const command = [...this.#entry, ...argv];
    this.#echo?.(command.join(' '));
    return command;
  }

  /** Runs a program here to its end; see `run`. */
  async run(argv: readonly string[], options?: ProgramOptions, timeoutMs?: number): Promise<Outcome> {
    return run(this.command(argv), options, timeoutMs);
  }

  /** Runs a program here that has to succeed, and returns its standard output; see `must`. */
  async must(argv: readonly string[], options?: ProgramOptions, timeoutMs?: number): Promise<string> {
    return must(this.command(argv), options, timeoutMs);
  }

  /** Starts a program here. `ip netns exec`, as `nsenter`, becomes the program, so its process id is the program's. */
  start(argv: readonly string[], options?: ProgramOptions): Program {
    return new Program(this.command(argv), options);
  }

  /** Everything about this host that `bis` might leave changed. */
  async snapshot(): Promise<Snapshot> {
    return takeSnapshot(this.namespace, this.#entry);
  }

  /**
   * Waits until this host is as it was `before`. Returns what still differs when `withinMs` have passed, one line each;
   * nothing differing, an empty list. `of` restricts what is compared.
   */
  async differencesSince(before: Snapshot, withinMs = 1000, of?: readonly Aspect[]): Promise<string[]> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = differences(before, await this.snapshot(), of);
      if (found.length === 0 || performance.now() >= deadline) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
