/** Runs `agent/bis` as a process of its own, for the tests. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const launcher = fileURLToPath(new URL('../bis', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** All that a program has of the caller's environment: what lets no process compile anew what others have (ava.config.js). */
export const environment = { PATH: '/usr/bin:/bin', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };

/** Waits for the end of a program that was just started. */
export function finished(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}

/** Runs a program to its end, with nothing on its standard input, in `environment` unless `options` say otherwise. */
export function run([file = '', ...words]: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  return finished(spawn(file, words, { env: environment, ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
}

export function bis(...options: string[]): Promise<Outcome> {
  return run([launcher, ...options]);
}
