/**
 * The layout as tests: which component imports which, what the packet path never does, how large a file may be
 * (test/README.md). Every rule is also shown a violation, to prove that it can fail.
 */
import path from 'node:path';
import test from 'ava';
import {
  type Arrows,
  loadedBy,
  runsThroughShell,
  slowLines,
  withoutHead,
  wrongImports,
  wrongSizes,
  wrongUseOfLeaf,
} from './architecture/rules.ts';
import { codeOf, importsOf, readFiles, type SourceFile } from './architecture/source.ts';

const top = path.resolve(import.meta.dirname, '..');

/** The arrows. Everybody speaks of addresses; the translator knows the mapper only as an `AddressMap`. */
const arrows: Arrows = {
  agent: ['resolver/', 'mapper/', 'translator/', 'install/'],
  resolver: ['mapper/'],
  mapper: [],
  translator: ['mapper/address-map.ts', 'mapper/address/'],
  install: ['mapper/address/'],
  test: ['agent/', 'resolver/', 'mapper/', 'translator/', 'install/'],
};

/**
 * What runs once a packet: `translator/` but for these paths and functions, which serve traces and tests, and these
 * files of the other components.
 */
const offPacketPathPrefixes = ['translator/text/', 'translator/packet-text'];
const offPacketPath: Readonly<Record<string, readonly string[]>> = {
  'translator/header-buffer.ts': ['join'],
};
const packetPathElsewhere = [
  'mapper/address-map.ts',
  'mapper/embedded-map.ts',
  'mapper/explicit-map.ts',
  'mapper/global-ipv4.ts',
  'mapper/hairpin-map.ts',
  'mapper/prefix-trie.ts',
  'mapper/self-map.ts',
  'mapper/table-ahead.ts',
  'mapper/table-reader.ts',
  'agent/data-plane/counters.ts',
  'agent/data-plane/error-sender.ts',
  'agent/data-plane/hold-time.ts',
  'agent/data-plane/loop-guard.ts',
  'agent/data-plane/pump.ts',
  'agent/data-plane/read-ahead.ts',
  'agent/data-plane/virtio-net-header.ts',
];

/** Files over 250 lines, each with the reason why it is one file. */
const longFiles: Readonly<Record<string, string>> = {};

const code = readFiles(top, ['{agent,resolver,mapper,translator,install,test}/**/*.{ts,js}']);
const sources = code.filter((file) => !file.path.endsWith('.test.ts'));

/** A file that exists only in this test. */
const file = (name: string, text: string): SourceFile => ({ path: name, text });

test('imports follow the arrows', (t) => {
  t.true(sources.length > 20);
  t.deepEqual(wrongImports(code, arrows), []);
});

test('an import against the arrows is found, of every kind', (t) => {
  const wrong = [
    file('mapper/a.ts', "import { answer } from '../resolver/answer.ts';\n"),
    file('translator/b.ts', "import type { Spool } from '../mapper/spool.ts';\n"),
    file('install/c.ts', "export * from '../agent/x.ts';\n"),
    file('resolver/d.ts', "import {\n  one,\n  two,\n} from '../translator/x.ts';\n"),
    file('mapper/e.ts', "const late = await import('../agent/x.ts');\n"),
    file('mapper/f.ts', "import '../agent/x.ts';\n"),
  ];
  t.is(wrongImports(wrong, arrows).length, wrong.length);
  t.deepEqual(
    wrongImports([file('agent/a.ts', "import { a } from '../mapper/a.ts';\n// import '../x/y.ts'\n")], arrows),
    [],
  );
});

test('the leaves of the agent belong to the agent', (t) => {
  for (const leaf of ['agent/data-plane/', 'agent/control/', 'agent/cli/', 'agent/config/', 'agent/translate/']) {
    t.deepEqual(wrongUseOfLeaf(code, leaf, 'agent/'), []);
  }
  t.is(
    wrongUseOfLeaf([file('install/a.ts', "import { a } from '../agent/cli/a.ts';\n")], 'agent/cli/', 'agent/').length,
    1,
  );
});

test('bis starts without koffi and without the resolver', (t) => {
  const cli = 'agent/cli/main.ts';
  t.true(sources.some(({ path: name }) => name === cli));
  const loaded = [...loadedBy(sources, [cli])];
  t.true(loaded.includes('commander'), 'the walk over imports reaches commander, or it reaches nothing');
  const heavy = (names: string[]): string[] =>
    names.filter((name) => /^(koffi|dns-packet)$|^resolver\/|^agent\/data-plane\//.test(name));
  t.deepEqual(heavy(loaded), []);
  t.deepEqual(
    loaded.filter((name) => /^(translator|mapper)\//.test(name)),
    [],
    'the translator is loaded by the command that translates, when it runs',
  );
  const chain = [file('a.ts', "import { b } from './b.ts';\n"), file('b.ts', "import koffi from 'koffi';\n")];
  t.deepEqual(heavy([...loadedBy(chain, ['a.ts'])]), ['koffi']);
});

test('bis translate needs no device', (t) => {
  const tool = sources.map(({ path: name }) => name).filter((name) => name.startsWith('agent/translate/'));
  const loaded = [...loadedBy(sources, tool)];
  t.true(loaded.includes('translator/four-to-six.ts'));
  t.deepEqual(
    loaded.filter((name) =>
      /^(koffi|dns-packet|pino)$|^(resolver|install)\/|^agent\/(?!translate\/|config\/)/.test(name),
    ),
    [],
  );
});

test('nothing on the packet path waits, throws, logs or makes a view', (t) => {
  const known = new Set(sources.map(({ path: name }) => name));
  t.deepEqual(
    [...packetPathElsewhere, ...Object.keys(offPacketPath)].filter((name) => !known.has(name)),
    [],
  );
  const isOff = (name: string): boolean => offPacketPathPrefixes.some((prefix) => name.startsWith(prefix));
  const translator = sources.filter(({ path: name }) => name.startsWith('translator/') && !isOff(name));
  t.true(translator.length > 10);
  const elsewhere = sources.filter(({ path: name }) => packetPathElsewhere.includes(name));
  t.deepEqual(slowLines([...translator, ...elsewhere], offPacketPath), []);
  // The loop around all that makes its views before it begins.
  const worker = sources.filter(({ path: name }) => name === 'agent/data-plane/worker.ts');
  t.is(worker.length, 1);
  t.deepEqual(
    slowLines(worker).filter((line) => !line.endsWith('makes a view')),
    [],
  );
});

test('what must not be on the packet path is found, and only there', (t) => {
  const lines = [
    'export async function a(): Promise<void> {',
    '  await b();',
    "  throw new Error('no');",
    '  console.log(1);',
    '  const view = new DataView(buffer);',
    '  const part = bytes.subarray(1);',
  ];
  const quiet = [
    '// it never throws, and waits for nothing: await',
    "const word = 'throw';",
    'const view = new DataView(new ArrayBuffer(8));',
    'class A {',
    '  constructor() {',
    '    this.view = new DataView(this.bytes.buffer);',
    '  }',
    '}',
  ];
  t.is(slowLines([file('a.ts', lines.join('\n'))]).length, lines.length);
  t.deepEqual(slowLines([file('a.ts', quiet.join('\n'))]), []);
  const apart = file('a.ts', '  join(): void {\n    throw a;\n  }\n  next(): void {\n    throw b;\n  }\n');
  t.deepEqual(slowLines([apart], { 'a.ts': ['join'] }), ['a.ts:5 throws']);
});

test('S9: programs are run by vectors of arguments, and none through a shell', (t) => {
  const shipped = sources.filter(({ path: name }) => !/^test\/|\/(?:testing|fixture)\//.test(name));
  t.true(shipped.some(({ text }) => text.includes("'node:child_process'")));
  t.deepEqual(runsThroughShell(shipped), []);
  const wrong = [
    file('a.ts', "import { exec } from 'node:child_process';\n"),
    file('b.ts', "import { type ChildProcess, spawn, execSync } from 'child_process';\n"),
    file('c.ts', "import { spawn } from 'node:child_process';\nspawn('a', [], { shell: true });\n"),
    file('d.ts', "const { exec } = await import('node:child_process');\n"),
  ];
  t.is(runsThroughShell(wrong).length, 4);
});

test('every file says first what it is', (t) => {
  const scripts = readFiles(top, ['agent/bis', 'install/bootstrap', 'install/node', '.ci/run']);
  t.is(scripts.length, 4);
  t.deepEqual(withoutHead([...code, ...scripts]), []);
  t.is(withoutHead([file('a.ts', "import test from 'ava';\n"), file('b', '#!/bin/sh\nset -eu\n')]).length, 2);
});

test('files are small, or say why not', (t) => {
  t.deepEqual(wrongSizes(code, longFiles), []);
  const long = file('a.ts', '\n'.repeat(300));
  t.deepEqual(wrongSizes([long], {}), ['a.ts is over 250 lines']);
  t.deepEqual(wrongSizes([long], { 'a.ts': 'one table' }), []);
  t.deepEqual(wrongSizes([], { 'a.ts': 'one table' }), ['a.ts needs no reason any more']);
});

test('nothing is left for later in the code', (t) => {
  const marks = new RegExp(`\\b(${['TO', 'FIX'].join('DO|')}ME)\\b`);
  t.regex('// FIX' + 'ME', marks);
  t.regex('// TO' + 'DO', marks);
  t.deepEqual(
    code.filter(({ text }) => marks.test(text)).map(({ path: name }) => name),
    [],
  );
});

test('tests are neither skipped nor alone', (t) => {
  const apart = /\btest(\.serial)?\.(skip|only|todo|failing)\b/;
  t.regex("test.only('a', ", apart);
  const tests = code.filter(({ path: name }) => name.endsWith('.test.ts'));
  t.deepEqual(
    tests.filter(({ text }) => apart.test(codeOf(text))).map(({ path: name }) => name),
    [],
  );
});

test('imports are told apart by what they load', (t) => {
  const text =
    "import type { A } from './a.ts';\nimport b, { type C } from 'b';\nnew Worker(new URL('./w.ts', import.meta.url));\n";
  t.deepEqual(importsOf(file('x/y.ts', text)), [
    { target: 'x/a.ts', isPackage: false, kind: 'type' },
    { target: 'b', isPackage: true, kind: 'value' },
    { target: 'x/w.ts', isPackage: false, kind: 'dynamic' },
  ]);
});
