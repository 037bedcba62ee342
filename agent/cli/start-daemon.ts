/** Starts a daemon of its own session that outlives the command, and waits until it answers or is dead. */
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '../control/client.ts';
import { ControlError } from '../control/control-error.ts';
import { makeRuntimeDirectory } from '../control/runtime-directory.ts';

/** The log is kept over starts until it is larger than this, in octets; then it begins anew. */
const LONGEST_LOG = 1024 * 1024;

/** How much of a dead daemon's log is shown. */
const TAIL_OCTETS = 4096;
const TAIL_LINES = 10;

/** All that a daemon gets of our environment (requirement S9): where programs are. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * Starts `argv` (program first) with its output in the log of the runtime directory. Resolves when `client` gets an
 * answer, whoever started the daemon that gives it. Throws a `ControlError` with the end of the log when the
 * process ends before, or when `timeoutSeconds` have passed; it is killed then.
 */
export async function startDaemon(
  argv: readonly string[],
  runtimeDirectory: string,
  client: ControlClient,
  timeoutSeconds: number,
): Promise<void> {
  const paths = makeRuntimeDirectory(runtimeDirectory);
  const log = openLog(paths.log);
  const logStart = fstatSync(log).size;
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    detached: true,
    cwd: '/',
    env: ENVIRONMENT,
    stdio: ['ignore', log, log],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit status ${code}` : `signal ${signal}`));
  });
  try {
    const end = Date.now() + timeoutSeconds * 1000;
    while (!(await answers(client))) {
      const how = await Promise.race([ended, sleep(Math.max(0, Math.min(50, end - Date.now())))]);
      if (how !== undefined && !(await answers(client))) {
        throw new ControlError('failed', [`The daemon ended with ${how}`, ...tail(log, logStart)].join('\n'));
      }
      if (how !== undefined) return;
      if (Date.now() < end) continue;
      child.kill('SIGKILL');
      const lines = [`The daemon did not answer within ${timeoutSeconds} s`, ...tail(log, logStart)];
      throw new ControlError('failed', lines.join('\n'));
    }
  } finally {
    closeSync(log);
    child.unref();
  }
}

async function answers(client: ControlClient): Promise<boolean> {
  try {
    await client.status();
    return true;
  } catch (error) {
    if (error instanceof ControlError && error.code !== 'forbidden') return false;
    throw error;
  }
}

function openLog(path: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  try {
    const log = openSync(path, flags, 0o600);
    if (fstatSync(log).size > LONGEST_LOG) ftruncateSync(log);
    return log;
  } catch (error) {
    throw new ControlError('in-the-way', `Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** The last lines written to the log since it was `start` octets long. */
function tail(log: number, start: number): string[] {
  const size = fstatSync(log).size;
  const from = Math.max(start, size - TAIL_OCTETS);
  const buffer = Buffer.alloc(Math.max(0, size - from));
  const length = readSync(log, buffer, 0, buffer.length, from);
  const lines = buffer.toString('utf8', 0, length).split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .slice(-TAIL_LINES)
    .map((line) => `  ${messageOf(line)}`);
}

/** The message of a line that pino wrote, or the line. */
function messageOf(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    const parts = [msg, err?.message].filter((part) => typeof part === 'string');
    return parts.length === 0 ? line : [...new Set(parts)].join(': ');
  } catch {
    return line;
  }
}
