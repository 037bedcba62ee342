/**
 * That the pages of conformance say what the repository does: each rule once, with files and tests that exist, and no
 * test about a rule that no page has (docs/rfc7915.md). Every check is also shown a violation.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { complaintsAbout, conformanceIds, namedTests, rules, saying } from './architecture/conformance.ts';
import { testTitles } from './architecture/documents.ts';
import { readFiles, type SourceFile } from './architecture/source.ts';

/** The rules that each page must have, in its order, so that none is lost from it. */
const required: Readonly<Record<string, readonly string[]>> = {
  'docs/rfc7915.md': [
    '4.1-VER 4.1-TC 4.1-TC0 4.1-PL 4.1-NH 4.1-HL 4.1-TTLX 4.1-SRC 4.1-SRCE 4.1-OPT 4.1-SR 4.1-SRX 4.1-DF 4.1-DFOK 4.1-NOFH 4.1-FRAG 4.1-LIM 4.1-FH 4.1-RES 4.6 4.4 MCAST 1.2-ICMPFRAG',
    '4.2-ECHO 4.2-SINGLE 4.2-IGMP 4.2-DU 4.2-DU2 4.2-PTB 4.2-PLAT 4.2-DROP 4.2-TE 4.2-PP 4.2-PP1 4.2-4884 4.3-IN 4.3-INECHO 4.3-IN8 4.3-INSUM 4.3-INUDP0 4.3-NEST 4.3-OSUM 4.3-LEN',
    '4.5-TCP 4.5-UDP 4.5-FRAGN 4.5-INCR 4.5-CSFFFF 4.5-UDP0 4.5-UDP0F 4.5-OTHER 4.5-DCCP 5.5-UDP0',
    '5.1-HDR 5.1-TOS 5.1-FL 5.1-LEN 5.1-ID 5.1-DF 5.1-TTL 5.1-HLX 5.1-PROTO 5.1-EXT 5.1-RH 5.1-SRC 5.1-PTB 5.1.1-V4FRAG 5.1.1-FH 5.1.1-ATOM 5.1.1-EXTAFTER 5.1.1-ESP 5.4 5.6',
    '5.2-ECHO 5.2-DROP 5.2-DU 5.2-PTB 5.2-PTBLOW 5.2-TE 5.2-PP 5.2-PP1 5.3-IN 5.3-INECHO 5.3-NEST 5.3-INSHORT 5.3-LEN',
    'ROBUST',
    'MAP-46 MAP-64 6535-MTU 6535-ICMP 6535-NOMAP 6535-IN 6535-EIM 6535-POOL 6535-MC 6535-SEC',
  ],
  'docs/rfc-companions.md': [
    '6052-2.2 6052-3.1 6052-5.1',
    '7757-3.2 7757-FB 7757-OVL 7757-B1',
    '6791 6791-46 v6only-src',
    '4884-LEN 4884-128 4884-WHO 4884-OPAQUE 4884-OLD',
  ],
};

const top = path.resolve(import.meta.dirname, '..');
const pages = readFiles(top, Object.keys(required));
const tests = readFiles(top, ['{agent,install,mapper,resolver,test,translator}/**/*.test.ts']);
const titles = new Map(tests.map((file) => [file.path, testTitles([file])]));

/** A file that exists only in this test. */
const file = (name: string, text: string): SourceFile => ({ path: name, text });

test('the pages of conformance have every rule, each once', (t) => {
  for (const [name, ids] of Object.entries(required)) {
    const page = pages.find((one) => one.path === name) ?? file(name, '');
    t.deepEqual(
      rules(page).map(({ id }) => id),
      ids.flatMap((line) => line.split(' ')),
      name,
    );
  }
  const all = pages.flatMap(rules).map(({ id }) => id);
  t.deepEqual(
    all.filter((id, index) => all.indexOf(id) !== index),
    [],
  );
});

test('every rule of conformance has files and tests, and the tests carry its id', (t) => {
  const all = pages.flatMap(rules);
  t.deepEqual(
    all.flatMap((rule) => complaintsAbout(rule, titles)),
    [],
  );
  t.deepEqual(
    all.flatMap(({ files }) => files).filter((name) => !existsSync(path.join(top, name))),
    [],
  );
});

test('every test that a page of conformance names exists', (t) => {
  const named = pages.flatMap(namedTests);
  t.true(named.length > 150);
  const isMissing = ({ file: name, title }: { file: string; title: string }): boolean =>
    !(titles.get(name) ?? []).some((one) => saying(one) === title);
  t.deepEqual(named.filter(isMissing), []);
  t.true(isMissing({ file: 'translator/four-to-six.test.ts', title: 'the hop limit is one more' }));
});

test('no test carries the id of a rule that no page of conformance has', (t) => {
  const known = new Set(pages.flatMap(rules).map(({ id }) => id));
  const strays = [...titles].flatMap(([name, all]) =>
    all.flatMap((title) =>
      conformanceIds(title)
        .filter((id) => !known.has(id))
        .map((id) => `${name}: ${id} of "${title}"`),
    ),
  );
  t.deepEqual(strays, []);
});

test('ids are read from the head of a title, sections only behind RFC 7915', (t) => {
  t.deepEqual(conformanceIds('RFC 7915 4.1-HL 4.4 MAP-46: 5.1-DF is not one'), ['4.1-HL', '4.4', 'MAP-46']);
  t.deepEqual(conformanceIds('RFC 6791 6791-46 RFC 7915 4.1-SRCE: both'), ['6791-46', '4.1-SRCE']);
  t.deepEqual(conformanceIds('RFC 7757 7757-FB, 7757-3.2, M17: rows'), ['7757-FB', '7757-3.2']);
  t.deepEqual(conformanceIds('RFC 6535 4.4: the first ranges'), []);
  t.deepEqual(conformanceIds('nothing about 4.1-HL'), []);
});

test('a page of conformance that says too much is complained about', (t) => {
  const page = file(
    'docs/a.md',
    [
      '| Id | Rule | Where | Tests |',
      '|---|---|---|---|',
      '| 9.1-A | It is done. | [a.ts](../a/a.ts) | [it is done](../a/a.test.ts) |',
      '| 9.1-B | Another test. | [a.ts](../a/a.ts) | [it is done](../a/a.test.ts) |',
      '| 9.1-C | None. | | |',
      '| 9.1-D | **Not ours:** never. |  |  |',
    ].join('\n'),
  );
  const there = new Map([['a/a.test.ts', ['RFC 1 9.1-A: it is done']]]);
  t.deepEqual(
    rules(page).flatMap((rule) => complaintsAbout(rule, there)),
    [
      '9.1-B is in no title',
      '9.1-B: no test of a/a.test.ts carries it and says "it is done"',
      '9.1-C names no file',
      '9.1-C is in no title',
      '9.1-C names no test',
    ],
  );
  t.deepEqual(namedTests(page).length, 2);
});
