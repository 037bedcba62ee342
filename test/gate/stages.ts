/** The stages of the gate as data, in the order they run: the cheap ones that say most first (test/README.md). */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A program whose exit status is the verdict, or test files that ava runs. */
export type Stage = { readonly title: string; readonly minutes: number } & (
  | { readonly argv: readonly string[] }
  | {
      readonly files: readonly string[];
      readonly needsRoot?: boolean;
      /** Those of `files` that are run beside the others, in a row of their own. */
      readonly beside?: readonly string[];
    }
);

const LAB = '**/*.lab.test.ts';
/** Files of the lab that wait for the clock for most of their time: promises, holds and timeouts of a minute and more. */
const PATIENT = [
  'agent/{detached,lost,mappings-survive,repairs,sleep,spool-*,uplink-changes}.lab.test.ts',
  'test/death/stopped.lab.test.ts',
  'test/interop/failing-servers.lab.test.ts',
];
const ARCHITECTURE = ['test/architecture.test.ts', 'test/documents.test.ts'];
/** Random and mutated input. */
const FUZZ = ['test/fuzz/**/*.test.ts', '**/*{fuzz,properties,robustness}.test.ts'];
/** A file with a test whose title begins with an RFC is one of conformance. */
const RFC_TITLE = /\btest(?:\.\w+)*\(\s*['"`]RFC \d/;

/** Test files below `directory` that match `patterns`, sorted; those in node_modules and hidden folders are not ours. */
export function testFiles(directory: string, patterns: string | readonly string[]): string[] {
  const exclude = (name: string): boolean => /(^|\/)(node_modules|dist|\.[^/]+)$/.test(name);
  return globSync(patterns, { cwd: directory, exclude }).sort();
}

/** All stages of the checkout at `directory`; every test file is in exactly one. The lab is left out when `isFast`. */
export function stages(directory: string, isFast: boolean): Stage[] {
  const lab = testFiles(directory, LAB);
  const pick = (patterns: string | string[]): string[] =>
    testFiles(directory, patterns).filter((file) => !lab.includes(file));
  const architecture = pick(ARCHITECTURE);
  const fuzz = pick(FUZZ);
  const others = pick('**/*.test.ts').filter((file) => !architecture.includes(file) && !fuzz.includes(file));
  const isConformance = (file: string): boolean => RFC_TITLE.test(readFileSync(path.join(directory, file), 'utf8'));
  const conformance = others.filter(isConformance);
  const unit = others.filter((file) => !conformance.includes(file));
  const list: Stage[] = [
    { title: 'types', minutes: 2, argv: ['node_modules/typescript/bin/tsc'] },
    {
      title: 'lint and format',
      minutes: 2,
      argv: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off'],
    },
    { title: 'architecture', minutes: 2, files: architecture },
    { title: 'unit', minutes: 8, files: unit },
    { title: 'conformance', minutes: 5, files: conformance },
    { title: 'property and fuzz', minutes: 8, files: fuzz },
  ];
  const beside = testFiles(directory, PATIENT);
  if (!isFast) list.push({ title: 'lab', minutes: 45, files: lab, needsRoot: true, beside });
  return list;
}
