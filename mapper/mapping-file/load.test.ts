import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { parseIpv4Prefix } from '../address/prefix.ts';
import type { Mapping } from '../mapping.ts';
import { Spool } from '../spool.ts';
import { linuxFiles } from './files.ts';
import { MemoryFiles } from './fixture/memory-files.ts';
import { beginRun, PATH, pairs, peer } from './fixture/scene.ts';
import { loadMappings, longestFile } from './load.ts';
import { HEADING } from './record.ts';

const clock = { now: 1_000_000 };
const range = parseIpv4Prefix('10.0.0.0/28');
if (range === undefined) throw new Error('The test is wrong');
const spool = new Spool([range]);

/** A file of six mappings, and the octets at which their records begin. */
async function sixMappings(): Promise<{ octets: Uint8Array; begins: number[] }> {
  const files = new MemoryFiles();
  const { mapper } = await beginRun(files, clock);
  const begins: number[] = [];
  for (let number = 1; number <= 6; number++) {
    begins.push(files.octets(PATH).length);
    mapper.assign(peer(number), { name: `${'a'.repeat(number)}.test.`, ttlSeconds: 30 });
  }
  return { octets: files.octets(PATH), begins };
}

/** The peers that are read from a file of these octets, and how many problems were said. */
function read(octets: Uint8Array): { peers: number[]; problems: number } {
  const files = new MemoryFiles();
  files.content.set(PATH, { octets });
  let problems = 0;
  const mappings = [...loadMappings(files, PATH, spool, () => problems++)].filter((mapping) => mapping !== undefined);
  return { peers: mappings.map(({ ipv6 }) => ipv6.w3), problems };
}

test('M14: damage at any octet costs the record it is in, and is said', async (t) => {
  const { octets, begins } = await sixMappings();
  t.deepEqual(read(octets), { peers: [1, 2, 3, 4, 5, 6], problems: 0 });
  for (let at = 0; at < octets.length; at++) {
    const damaged = begins.filter((begin) => begin <= at).length;
    const peers = [1, 2, 3, 4, 5, 6].filter((number) => number !== damaged);
    for (const value of [0, 0xff, (octets[at] as number) ^ 1]) {
      if (value === octets[at]) continue;
      const spoilt = octets.slice();
      spoilt[at] = value;
      t.deepEqual(read(spoilt), { peers, problems: 1 }, `octet ${at} is ${value}`);
    }
  }
});

test('M14: a file that was cut off at any octet has the records before it', async (t) => {
  const { octets, begins } = await sixMappings();
  const ends = [...begins.slice(1), octets.length];
  for (let length = 0; length < octets.length; length++) {
    const { peers, problems } = read(octets.slice(0, length));
    t.is(peers.length, ends.filter((end) => end <= length).length);
    t.is(problems, length === 0 || [HEADING.length, ...ends].includes(length) ? 0 : 1, `${length}`);
  }
});

test('M14: a stretch of anything between the records costs nothing', async (t) => {
  const { octets, begins } = await sixMappings();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 3000, size: 'max' }), fc.nat(5), (junk, before) => {
      const begin = begins[before] as number;
      const whole = junk.subarray(0, junk.length & ~3);
      const { peers } = read(Buffer.concat([octets.subarray(0, begin), whole, octets.subarray(begin)]));
      t.deepEqual(peers, [1, 2, 3, 4, 5, 6]);
    }),
  );
});

test('M14: a file of anything at all is read to its end, or to its limit', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000, size: 'max' }), (octets) => {
      const { peers, problems } = read(octets);
      t.deepEqual([peers.length, problems], [0, octets.length === 0 ? 0 : 1]);
    }),
  );
  const { peers, problems } = read(new Uint8Array(longestFile(spool) + 1));
  t.deepEqual([peers.length, problems], [0, 2]);
});

test('M14: records of another version, and of another kind, are left out and said', async (t) => {
  const { octets } = await sixMappings();
  const rewritten = (version: number, kind: number): Buffer => {
    const other = Buffer.from(octets);
    const begin = HEADING.length;
    other[begin + 6] = kind;
    const end = begin + other.readUInt16BE(begin + 4);
    other.writeUInt32BE(crc32(other.subarray(begin + 4, end), version), begin);
    return other;
  };
  t.deepEqual(read(rewritten(1, 1)), { peers: [1, 2, 3, 4, 5, 6], problems: 0 });
  t.deepEqual(read(rewritten(2, 1)), { peers: [2, 3, 4, 5, 6], problems: 1 });
  t.deepEqual(read(rewritten(1, 4)), { peers: [2, 3, 4, 5, 6], problems: 1 });
});

test('M14: on this host: foreign, huge, no file, unreadable, unwritable: it begins, says so, and is kept if it can be', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bis-mappings-'));
  t.teardown(() => fs.rmSync(directory, { recursive: true, force: true }));
  const makes: readonly [string, (file: string) => void, RegExp | undefined, boolean][] = [
    ['missing', () => {}, undefined, true],
    ['empty', (file) => fs.writeFileSync(file, ''), undefined, true],
    ['foreign', (file) => fs.copyFileSync(process.execPath, file), /octets of .*foreign are not whole records/, true],
    ['huge', (file) => fs.writeFileSync(file, '') ?? fs.truncateSync(file, 10_000_000_000), /not whole records/, true],
    ['fifo', (file) => void execFileSync('mkfifo', [file]), /^Cannot read .*fifo$/, true],
    ['link', (file) => fs.symlinkSync('/etc/passwd', file), /^Cannot read .*link$/, true],
    ['folder', (file) => fs.mkdirSync(file), /^Cannot read .*folder$/, false],
    ['folder.new', (file) => fs.mkdirSync(file), undefined, false],
  ];
  for (const [name, make, said, isKept] of makes) {
    const file = path.join(directory, name);
    make(file);
    const run = await beginRun(
      linuxFiles,
      clock,
      undefined,
      name === 'folder.new' ? path.join(directory, 'folder') : file,
    );
    if (said !== undefined) t.regex(run.problems[0]?.message ?? '', said, name);
    t.is(run.problems.length > 0, said !== undefined || !isKept, name);
    t.not(run.mapper.assign(peer(1), { name: 'a.test.', ttlSeconds: 30 }), undefined);
    await run.file.tend();
    await run.file.end();
    if (!isKept) continue;
    t.is(fs.statSync(file).mode & 0o777, 0o600, name);
    const next = await beginRun(linuxFiles, clock, undefined, file);
    t.deepEqual([pairs(next), next.problems], [pairs(run), []], name);
    await next.file.end();
  }
  t.deepEqual(
    fs.readdirSync(directory).filter((name) => name.endsWith('.new')),
    ['folder.new'],
  );
});

test('M14: others have the thread while a file is read, whether there are mappings in it or only damage', async (t) => {
  const files = new MemoryFiles();
  const before = await beginRun(files, clock, ['10.0.0.0/18']);
  for (let number = 1; number <= 10_000; number++) {
    before.mapper.assign(peer(number), { name: 'host6.test.', ttlSeconds: 30 });
  }
  files.content.set(PATH, { octets: Buffer.concat([files.octets(PATH), new Uint8Array(1 << 20)]) });
  let longest = 0;
  let since = 0;
  const read = function* (mappings: Iterable<Mapping | undefined>): Generator<Mapping | undefined> {
    for (const mapping of mappings) {
      longest = Math.max(longest, mapping === undefined ? 0 : ++since);
      yield mapping;
    }
  };
  let turn = setImmediate(function count() {
    since = 0;
    turn = setImmediate(count);
  });
  const run = await beginRun(new MemoryFiles(), clock, ['10.0.0.0/18']);
  const mappings = [...loadMappings(files, PATH, run.spool, () => {})];
  t.true(mappings.filter((mapping) => mapping === undefined).length > 4);
  await run.mapper.restore(read(mappings));
  clearImmediate(turn);
  t.is(run.mapper.use.used, 10_000);
  // A slice is a millisecond by the clock, and all of them take ten at the very least.
  t.true(longest <= 5000, `${longest} mappings in one turn`);
});

test('M14: a directory that is missing is made, for nobody else; one that cannot be is said', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bis-mappings-'));
  t.teardown(() => fs.rmSync(directory, { recursive: true, force: true }));
  const run = await beginRun(linuxFiles, clock, undefined, path.join(directory, 'state', 'mappings'));
  await run.file.end();
  t.is(fs.statSync(path.join(directory, 'state')).mode & 0o777, 0o700);
  const inFile = await beginRun(linuxFiles, clock, undefined, path.join(directory, 'state', 'mappings', 'mappings'));
  t.regex(inFile.problems[0]?.message ?? '', /^Cannot (read|write)/);
  t.not(inFile.mapper.assign(peer(1), { name: 'a.test.', ttlSeconds: 30 }), undefined);
  await inFile.file.end();
});
