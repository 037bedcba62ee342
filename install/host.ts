/**
 * The operating system as seen by this folder: run a program, read a file, write a file. Everything done to the host
 * goes through it, so that tests can record it and nothing goes through a shell.
 */
import { execFile } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { putBack, replaceFile } from './replace-file.ts';

export interface Host {
  /** Runs a program to its end and returns its standard output. Rejects with a `CommandError` when it fails. */
  run(argv: readonly string[]): Promise<string>;
  /** The text of a file, or `undefined` when there is no such file. Throws when it is there and cannot be read. */
  readText(path: string): string | undefined;
  /** Where a symbolic link leads, as it is written in it; `undefined` when there is no link of that name. */
  readLink(path: string): string | undefined;
  /** Writes a file that is there. Throws when it is not, or cannot be written. */
  writeText(path: string, text: string): void;
  /** Whether files of a directory could be made and replaced by this process. */
  mayWriteIn(directory: string): boolean;
  /** As in `replace-file.ts`. */
  replaceFile(path: string, text: string, kept: string): void;
  /** As in `replace-file.ts`. */
  putBack(path: string, kept: string, ifBegins: string): void;
  /** Forgets the tracked flows of a prefix, as in `conntrack.ts`. */
  forgetFlowsOf(prefix: string): Promise<void>;
  /**
   * Runs commands of nft in this process, where it can: a child might do its work after we are dead, and nobody would
   * undo it. Throws with nft's own words.
   */
  nft?(commands: string): void;
}

/** A program that could not be run, did not end in time or ended with a status other than 0. */
export class CommandError extends Error {
  readonly argv: readonly string[];
  /** What the program wrote to standard error, without the line end; empty when it wrote nothing. */
  readonly stderr: string;

  constructor(argv: readonly string[], stderr: string, cause: unknown) {
    const words = stderr.replaceAll(/\s*\n\s*/g, '; ');
    super(`\`${argv.join(' ')}\` failed${words === '' ? '' : `: ${words}`}`, { cause });
    this.name = 'CommandError';
    this.argv = argv;
    this.stderr = stderr;
  }
}

/** Children find programs here, and nowhere the caller's environment says; their output is in one language. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' } as const;

/** The most output taken from a child, in octets: a rule set of a large container host is some megabytes. */
const MOST_OUTPUT = 32 * 1024 * 1024;

/** Errors of open(2) that say the file is not there: also what `/proc` answers for a device that has gone. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENODEV']);
/** And what readlink(2) answers for a file that is none. */
const NO_LINK = new Set([...ABSENT, 'EINVAL']);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** This machine. A child that has not ended after `timeoutMilliseconds` is killed and counts as failed. */
export function linuxHost(timeoutMilliseconds = 10_000): Host {
  return {
    run(argv) {
      const [file = '', ...args] = argv;
      const options = {
        env: ENVIRONMENT,
        timeout: timeoutMilliseconds,
        killSignal: 'SIGKILL',
        maxBuffer: MOST_OUTPUT,
      } as const;
      return new Promise((resolve, reject) => {
        execFile(file, args, options, (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new CommandError(argv, stderr.trim(), error));
        });
      });
    },
    readText(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        if (ABSENT.has(codeOf(error) ?? '')) return undefined;
        throw error;
      }
    },
    readLink(path) {
      try {
        return readlinkSync(path);
      } catch (error) {
        if (NO_LINK.has(codeOf(error) ?? '')) return undefined;
        throw error;
      }
    },
    writeText(path, text) {
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
      try {
        writeFileSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
    },
    mayWriteIn(directory) {
      try {
        accessSync(directory, constants.W_OK | constants.X_OK);
        return true;
      } catch {
        return false;
      }
    },
    replaceFile,
    putBack,
    async forgetFlowsOf(prefix) {
      // Loads koffi, which the janitor does not have in memory while its daemon lives.
      const { forgetFlowsOf } = await import('./conntrack.ts');
      await forgetFlowsOf(prefix);
    },
  };
}
