/**
 * That the documents speak of things that exist: files, commands, options, npm scripts, requirements and their tests
 * (test/README.md). Every rule is also shown a violation, to prove that it can fail.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {
  bisCommands,
  carries,
  lastHeading,
  namedFiles,
  npmScripts,
  requirements,
  testTitles,
} from './architecture/documents.ts';
import { readFiles, type SourceFile } from './architecture/source.ts';

const top = path.resolve(import.meta.dirname, '..');
const components = ['agent', 'install', 'mapper', 'resolver', 'test', 'translator'];
const code = readFiles(top, [`{${components.join()}}/**/*.{ts,js}`]);
const documents = readFiles(top, ['*.md', 'docs/**/*.md', `{${components.join()}}/**/*.md`]);

/** A document that exists only in this test. */
const file = (name: string, text: string): SourceFile => ({ path: name, text });

test('S13: the lockfile names no registry, and every dependency one version', (t) => {
  const lock = readFileSync(path.join(top, 'package-lock.json'), 'utf8');
  t.notRegex(lock, /"resolved"|registry\.|\/\/npm\./);
  const manifest = JSON.parse(readFileSync(path.join(top, 'package.json'), 'utf8')) as Record<string, object>;
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) t.regex(version, /^\d+\.\d+\.\d+$/, name);
  }
});

test('nothing outside the repository is named in it', (t) => {
  const outside = /(?<![\w.~-])\/(?:work|home|Users)\/\w|(?<![\w.~/-])\/root\/\w|\.\.\/shared\//;
  t.regex("'/home/ann/bis'", outside);
  const plain = readFiles(top, ['*.{js,json}', 'agent/bis', 'install/{bootstrap,node}', '.ci/run']);
  const own = 'test/documents.test.ts';
  const all = [...code, ...documents, ...plain].filter(({ path: name }) => name !== own);
  t.deepEqual(
    all.filter(({ text }) => outside.test(text)).map(({ path: name }) => name),
    [],
  );
});

test('every component has a README that ends with Bugs', (t) => {
  for (const component of components) {
    const page = documents.find(({ path: name }) => name === `${component}/README.md`);
    t.is(lastHeading(page?.text ?? ''), 'Bugs', component);
  }
  t.is(lastHeading('# a\n## Bugs\n## See also\n'), 'See also');
});

test('files named in documents exist', (t) => {
  const named = namedFiles(documents);
  t.true(named.length > 10);
  const missing = named.filter(({ named: names }) => !names.some((name) => existsSync(path.join(top, name))));
  t.deepEqual(missing, []);
  t.is(
    namedFiles([file('docs/a.md', 'see [b](b.md#c) and `mapper/spool.ts`, not [d](https://d) or `e.ts`')]).length,
    2,
  );
});

test('npm scripts named in documents exist', (t) => {
  const { scripts } = JSON.parse(readFileSync(path.join(top, 'package.json'), 'utf8')) as { scripts: object };
  const shown = npmScripts(documents);
  t.true(shown.some(({ argv }) => argv[0] === 'demo'));
  t.deepEqual(
    shown.filter(({ argv }) => !Object.hasOwn(scripts, argv[0] ?? '')),
    [],
  );
});

test('bis commands shown in documents exist, with their options', (t) => {
  const helps = new Map<string, string>();
  const help = (...argv: string[]): string => {
    const key = argv.join(' ');
    const known = helps.get(key);
    if (known !== undefined) return known;
    const text = execFileSync(path.join(top, 'agent/bis'), [...argv, '--help'], { encoding: 'utf8' });
    helps.set(key, text);
    return text;
  };
  const commands = new Set([...help().matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name));
  const unknown = ({ argv }: { argv: readonly string[] }): boolean => {
    const [name = '', ...rest] = argv;
    const isOption = name.startsWith('-');
    if (!isOption && !commands.has(name)) return true;
    const text = isOption ? help() : help(name);
    const options = (isOption ? argv : rest)
      .filter((word) => /^--[a-z]/.test(word))
      .map((word) => word.split('=')[0] ?? '');
    return options.some((option) => !text.includes(option));
  };
  const shown = bisCommands(documents);
  t.true(shown.some(({ argv }) => argv[0] === 'up'));
  t.deepEqual(shown.filter(unknown), []);
  const wrong = bisCommands([
    file('a.md', '```sh\n$ sudo bis upp\nbis is up\n$ bis up --fast  # now\n```\nsay `bis down --slow`'),
  ]);
  t.deepEqual(
    wrong.map(({ argv }) => argv.join(' ')),
    ['upp', 'up --fast', 'down --slow'],
  );
  t.deepEqual(wrong.filter(unknown), wrong);
});

test('the page of requirements says what the tests say', (t) => {
  const page = documents.find(({ path: name }) => name === 'docs/requirements.md');
  const rows = requirements(page?.text ?? '');
  t.true(rows.length > 70);
  const titles = testTitles(code.filter(({ path: name }) => name.endsWith('.test.ts')));
  const isCarried = (id: string): boolean => titles.some((title) => carries(title, id));
  t.deepEqual(
    rows.filter(({ id, state }) => state !== 'not yet' && !isCarried(id)),
    [],
    'no test title carries these',
  );
  t.deepEqual(
    rows.filter(({ id, state }) => state === 'not yet' && isCarried(id)),
    [],
    'a test title carries these',
  );
});

test('requirement ids are read from titles as words', (t) => {
  const titles = testTitles([
    file('a.test.ts', "test('Z9, Z8a: one mapping', (t) => {});\nconst rows = ['Z5: all of them'];\n"),
  ]);
  t.true(titles.some((title) => carries(title, 'Z9')));
  t.true(titles.some((title) => carries(title, 'Z5')));
  t.true(titles.some((title) => carries(title, 'Z8a')));
  t.false(titles.some((title) => carries(title, 'Z8')));
  t.deepEqual(requirements('| E1 | both are asked | tested |\n| E2 | | no |\n'), [{ id: 'E1', state: 'tested' }]);
});
