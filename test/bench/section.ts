/**
 * The benchmarks of single components as sections of the report. Each is a program of its own, so that what it lets V8
 * compile and collect is not what another one left, and says lines of text; `verdictText` marks those that are judged.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

export interface Section {
  /** For `--sections`. */
  readonly name: string;
  readonly title: string;
  /** The program in this folder, after options of Node. */
  readonly program: readonly string[];
  /** Arguments that make it short. */
  readonly quick: readonly string[];
}

/** In the order of the report. A component that is measured adds its line here. */
export const sections: readonly Section[] = [
  { name: 'packet', title: 'One packet', program: ['translate.ts'], quick: ['--packets', '200000'] },
  { name: 'many', title: 'One packet of many', program: ['many.ts'], quick: ['--packets', '200000'] },
  { name: 'mapper', title: 'Address mapper', program: ['mapper.ts'], quick: [] },
  { name: 'names', title: 'Names', program: ['names.ts'], quick: ['--seconds', '2', '--rounds', '1'] },
];

/** What a line says about a figure that is judged: `met: at most 150 ns`. */
export function verdictText(isMet: boolean, limit: string): string {
  return `${isMet ? 'met' : 'MISSED'}: ${limit}`;
}

/** Whether a line of a section says that something was missed. */
export function isMissed(line: string): boolean {
  return /\bMISSED: /.test(line);
}

/** Runs a section and returns its lines. Throws with its words when it fails. */
export async function run({ program, quick }: Section, isQuick: boolean): Promise<readonly string[]> {
  const file = program.length - 1;
  const argv = [
    ...program.slice(0, file),
    path.join(import.meta.dirname, program[file] ?? ''),
    ...(isQuick ? quick : []),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { maxBuffer: 1 << 24 });
  return stdout.trimEnd().split('\n');
}
