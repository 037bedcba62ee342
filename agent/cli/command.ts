/** What all commands share: the options that several take, and how a command ends. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { errorCode } from '../control/control-error.ts';
import { type ExitCode, exitCode, exitCodeHelp } from './exit-code.ts';
import { printable } from './text.ts';

/** The longest time a command waits, in seconds; the socket takes no more. */
const LONGEST_TIMEOUT_SECONDS = 3600;

/** Where the sockets are unless somebody says otherwise. */
export const DEFAULT_RUNTIME_DIRECTORY = '/run/bis';

export interface InstanceOptions {
  readonly runtimeDir: string;
}

export interface TimeoutOptions extends InstanceOptions {
  /** Seconds. */
  readonly timeout: number;
}

/** A command with its own help, the option that says which instance, and the exit statuses. */
export function instanceCommand(program: Command, name: string, summary: string, about: string): Command {
  return program
    .command(name)
    .summary(summary)
    .description(`${about.trim().replaceAll('\n', ' ')}`)
    .addOption(runtimeDirectory())
    .addHelpText('after', exitCodeHelp);
}

export function runtimeDirectory(): Option {
  return new Option('--runtime-dir <directory>', 'which daemon is meant: where its sockets are')
    .default(DEFAULT_RUNTIME_DIRECTORY)
    .argParser(absolute);
}

export function timeout(): Option {
  return new Option('--timeout <seconds>', 'how long it may take').default(30).argParser((text: string) => {
    const seconds = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && seconds > 0 && seconds <= LONGEST_TIMEOUT_SECONDS) return seconds;
    throw new InvalidArgumentError(`It must be a number of seconds above 0 and up to ${LONGEST_TIMEOUT_SECONDS}.`);
  });
}

export function asJson(): Option {
  return new Option('--json', 'print JSON, for programs');
}

/** Makes a path absolute, so that it means the same to a daemon that is started elsewhere. */
export function absolute(path: string): string {
  if (path === '') throw new InvalidArgumentError('It must not be empty.');
  return resolve(path);
}

/** Runs a command's work and sets the exit status; an error it throws is printed as a sentence. */
export async function finish(work: () => Promise<ExitCode> | ExitCode): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Prints an error and returns the exit status it stands for. Errors that nobody foresaw keep their stack. */
export function report(error: unknown): ExitCode {
  if (!(error instanceof Error)) throw error;
  const foreseen = error.name === 'ControlError' || error.name === 'ConfigError';
  complain(foreseen ? error.message : (error.stack ?? error.message));
  if (error.name === 'ConfigError') return exitCode.USAGE;
  switch (errorCode(error)) {
    case 'not-running':
      return exitCode.NOT_RUNNING;
    case 'bad-request':
      return exitCode.USAGE;
    default:
      return exitCode.FAILED;
  }
}

/** Prints each line to standard error, behind our name. */
export function complain(text: string): void {
  for (const line of text.split('\n')) process.stderr.write(`bis: ${printable(line)}\n`);
}

export function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
