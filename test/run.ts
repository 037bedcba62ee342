/**
 * The gate: types, lint and format, architecture, unit, conformance, fuzz and lab, one line each (test/README.md).
 * `--fast` leaves out the lab. The last line is `N passed, N failed`; the exit status is 0 only if nothing failed.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { type Stage, stages } from './gate/stages.ts';
import { filesOf, readTap, type Tally } from './gate/tap.ts';

const checkout = path.resolve(import.meta.dirname, '..');
const ava = 'node_modules/ava/entrypoints/cli.js';
/** How files of the lab are run: each test, and each file, when the one before it has ended. */
const IN_TURN = ['--serial', '--concurrency=1'];
/** More files of the lab than this that fail are no chance; what one may take when it is run again. */
const MOST_AGAIN = 6;
const MINUTES_AGAIN = 8;

/** Runs a JavaScript program on this Node to its end, or for `minutes`; returns how it ended and all it said. */
async function run(
  argv: readonly string[],
  minutes: number,
): Promise<{ ending: string; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, argv, { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const limit = setTimeout(() => child.kill('SIGTERM'), minutes * 60_000);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('close', (...how) => resolve(how));
  });
  clearTimeout(limit);
  return {
    ending: code === 0 ? '' : signal === null ? `exit status ${code}` : `${signal}, ${minutes} min at most`,
    ...output,
  };
}

/** What a run of test files came to, and whether it came to its end. */
type Run = Tally & { readonly isWhole: boolean };

/**
 * Runs test files. Where ava fails without saying which test, or is broken off, that is a failure of its own; what it said
 * beside the tests stands below the last one.
 */
async function runTests(files: readonly string[], options: readonly string[], minutes: number): Promise<Run> {
  const { ending, stdout, stderr } = await run([ava, '--tap', ...options, ...files], minutes);
  const { passed, failures: told } = readTap(stdout);
  const isWhole = ending === '' || (ending.startsWith('exit status') && told.length > 0);
  const failures = isWhole ? told : [...told, `ava: ${ending}`];
  if (failures.length === 0 || stderr === '') return { passed, failures, isWhole };
  return { passed, failures: [...failures.slice(0, -1), `${failures.at(-1)}\n${stderr}`], isWhole };
}

function sumOf(runs: readonly Run[]): Run {
  return {
    passed: runs.reduce((sum, { passed }) => sum + passed, 0),
    failures: runs.flatMap(({ failures }) => failures),
    isWhole: runs.every(({ isWhole }) => isWhole),
  };
}

/** One stage. One without files or tests is a failure. */
async function judge(stage: Stage): Promise<Tally> {
  if ('argv' in stage) {
    const { ending, stdout, stderr } = await run(stage.argv, stage.minutes);
    return ending === '' ? { passed: 1, failures: [] } : { passed: 0, failures: [`${stdout}${stderr}${ending}`] };
  }
  const { title, files, beside = [], minutes, needsRoot = false } = stage;
  if (files.length === 0) return { passed: 0, failures: [`${title} has no test files`] };
  if (needsRoot && process.getuid?.() !== 0) {
    return {
      passed: 0,
      failures: [`${title} needs root, for network namespaces; \`npm run ok\` is the gate without it`],
    };
  }
  const options = needsRoot ? IN_TURN : [];
  const rows = [files.filter((file) => !beside.includes(file)), beside].filter((row) => row.length > 0);
  const first = sumOf(await Promise.all(rows.map((row) => runTests(row, options, minutes))));
  // A run that was broken off says nothing of the files it did not come to.
  const { passed, failures } = needsRoot && first.isWhole ? await again(first, files) : first;
  return passed + failures.length === 0 ? { passed, failures: [`${title} has no tests`] } : { passed, failures };
}

/**
 * The lab once more where it failed, each file by itself: its time limits are those of the requirements, and a machine
 * that did something else for a second misses them. What fails twice has failed; what did not is told all the same.
 */
async function again(first: Tally, files: readonly string[]): Promise<Tally> {
  const these = filesOf(first.failures, files);
  if (these.length === 0 || these.length > MOST_AGAIN) return first;
  const failures: string[] = [];
  for (const file of these) {
    const second = await runTests([file], IN_TURN, MINUTES_AGAIN);
    failures.push(...second.failures.map((failure) => `${file}, twice: ${failure}`));
  }
  const others = first.failures.filter((failure) => filesOf([failure], these).length === 0);
  const mended = first.failures.length - failures.length - others.length;
  for (const failure of first.failures) process.stdout.write(`\n  at first ${failure.split('\n', 1)[0]}`);
  process.stdout.write(`\n${''.padEnd(18)}`);
  return { passed: first.passed + Math.max(0, mended), failures: [...others, ...failures] };
}

let passed = 0;
let failed = 0;
for (const stage of stages(checkout, process.argv.includes('--fast'))) {
  process.stdout.write(`${stage.title.padEnd(18)}`);
  const began = performance.now();
  const tally = await judge(stage);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const verdict =
    tally.failures.length === 0 ? `${tally.passed} passed` : `${tally.passed} passed, ${tally.failures.length} FAILED`;
  process.stdout.write(`${verdict.padEnd(24)}${seconds.padStart(6)} s\n`);
  for (const failure of tally.failures) process.stdout.write(`\n${failure.replaceAll(/^/gm, '  ')}\n\n`);
  passed += tally.passed;
  failed += tally.failures.length;
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
