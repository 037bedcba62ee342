import test from 'ava';
import fc from 'fast-check';
import type { Ipv4Address } from '../address/ipv4.ts';
import { Ipv6Words } from '../address/ipv6.ts';
import { listOf } from '../fixture/list-of.ts';
import { MemoryFiles } from './fixture/memory-files.ts';
import { beginRun, PATH, pairs, peer } from './fixture/scene.ts';
import { longestFile } from './load.ts';

const promise = (ttlSeconds = 30, name = 'host6.test.') => ({ name, ttlSeconds });

test('M14: mappings come back at the same addresses, with their names, in both directions', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000 };
  const first = await beginRun(files, clock);
  const names = ['a.test.', 'b\\.c.test.', 'a\\032b.test.'];
  for (const [number, name] of names.entries()) first.mapper.assign(peer(number + 1), promise(30, name));
  const second = await beginRun(files, clock);
  t.deepEqual(pairs(second), pairs(first));
  const out = new Ipv6Words();
  for (const { ipv4, ipv6, names: kept } of listOf(second.mapper)) {
    t.true(second.table.reader.toIpv6(ipv4, out));
    t.is(out.w3, ipv6.w3);
    t.is(second.table.reader.toIpv4(ipv6), ipv4);
    t.deepEqual(kept, [names[ipv6.w3 - 1]]);
    t.is(second.mapper.assign(ipv6, promise()), ipv4);
  }
  t.deepEqual([...first.problems, ...second.problems], []);
});

test('M14: what came back counts as live until 5 minutes have passed and the kernel knows of no connection', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000, askedAt: 0 };
  const first = await beginRun(files, clock, ['10.0.0.0/30']);
  const address = first.mapper.assign(peer(1), promise(1)) as Ipv4Address;
  first.mapper.assign(peer(2), promise(1));
  clock.now += 10_000;
  const second = await beginRun(files, clock, ['10.0.0.0/30']);
  t.is(second.mapper.assign(peer(3), promise()), undefined);
  t.true(listOf(second.mapper)[0]?.isLive);
  clock.now += 200;
  clock.askedAt = clock.now;
  t.is(second.mapper.assign(peer(3), promise()), undefined, 'it has not been 5 minutes');
  clock.now += 200;
  clock.askedAt = 0;
  t.is(second.mapper.assign(peer(3), promise()), undefined, 'the kernel has not answered');
  clock.askedAt = clock.now;
  t.is(second.mapper.assign(peer(3), promise()), address);
});

test('M14: free addresses between those that came back are handed out', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000 };
  const first = await beginRun(files, clock);
  for (let number = 1; number <= 6; number++) first.mapper.assign(peer(number), promise());
  const octets = files.octets(PATH);
  // Records are of one length here: the second is spoilt.
  const length = (octets.length - 16) / 6;
  octets.set([0xff], 16 + length + 12);
  files.content.set(PATH, { octets });
  const second = await beginRun(files, clock);
  t.is(listOf(second.mapper).length, 5);
  const given = Array.from({ length: 9 }, (_, number) => second.mapper.assign(peer(100 + number), promise()));
  t.is(new Set([...given, ...Object.keys(pairs(first)).map(Number)]).size, 14);
  t.false(given.includes(undefined));
  t.is(second.mapper.assign(peer(200), promise()), undefined);
});

test('M14: of two mappings of one peer the later one comes back, in whatever order they are written', async (t) => {
  const clock = { now: 1_000_000 };
  const row = (ipv4: number, number: number, createdAt: number) => {
    const promisedUntil = createdAt + 100;
    return { ipv4: ipv4 as Ipv4Address, ipv6: peer(number), names: [], createdAt, promisedUntil, isStranger: false };
  };
  const rows = [row(0x0a000001, 7, 500), row(0x0a000002, 7, 900), row(0x0a000003, 8, 100)];
  for (const order of [rows, rows.toReversed()]) {
    const run = await beginRun(new MemoryFiles(), clock);
    await run.mapper.restore(order);
    const expected = Object.fromEntries([
      [0x0a000002, 7],
      [0x0a000003, 8],
    ]);
    t.deepEqual(pairs(run), expected);
    t.is(run.table.reader.toIpv4(peer(7)), 0x0a000002 as Ipv4Address);
    t.false(run.table.reader.toIpv6(0x0a000001 as Ipv4Address, new Ipv6Words()));
    t.is(run.mapper.assign(peer(9), promise()), 0x0a000001 as Ipv4Address);
  }
});

test('M14: a promise is written when it reaches past the saved one, which is 10 minutes longer than it was', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000 };
  const { mapper } = await beginRun(files, clock);
  mapper.assign(peer(1), promise(30));
  const length = files.octets(PATH).length;
  for (; clock.now <= 1_000_600; clock.now += 10) mapper.assign(peer(1), promise(30));
  t.is(files.octets(PATH).length, length);
  mapper.assign(peer(1), promise(30));
  t.true(files.octets(PATH).length > length);
});

test('M14: what is promised while a snapshot is written is in it, and in the file before it', async (t) => {
  const clock = { now: 1_000_000 };
  const files = new MemoryFiles();
  let between = (): void => {};
  const pause = async (): Promise<void> => between();
  const run = await beginRun(files, clock, ['10.0.0.0/18'], PATH, pause);
  for (let number = 1; number <= 9000; number++) run.mapper.assign(peer(number), promise());
  let slices = 0;
  between = () => {
    slices++;
    run.mapper.assign(peer(10_000 + slices), promise());
    const killed = new MemoryFiles();
    killed.content.set(PATH, { octets: files.octets(PATH) });
    killedRuns.push([killed, pairs(run)]);
  };
  const killedRuns: [MemoryFiles, Record<number, number>][] = [];
  await run.file.end();
  t.true(slices > 4);
  killedRuns.push([files, pairs(run)]);
  for (const [killed, expected] of killedRuns)
    t.deepEqual(pairs(await beginRun(killed, clock, ['10.0.0.0/18'])), expected);
  t.false(files.content.has(`${PATH}.new`));
});

test('M14: the file stays bounded, and answers go on, whatever is asked for how long', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000 };
  const { mapper, file, spool, problems } = await beginRun(files, clock);
  let longest = 0;
  for (let round = 0; round < 20_000; round++) {
    clock.now += 400;
    t.not(mapper.assign(peer(1 + (round % 40)), promise(30, `${'n'.repeat(200)}.test.`)), undefined);
    longest = Math.max(longest, files.octets(PATH).length);
    if (round % 1000 === 0) await file.tend();
  }
  t.true(longest > 256 * 1024 && longest < longestFile(spool), `${longest}`);
  t.deepEqual(problems, []);
  // Nobody tends it, as when no file can be made: it ends where it has to.
  for (let round = 0; round < 5000; round++) {
    clock.now += 400;
    t.not(mapper.assign(peer(1 + (round % 40)), promise(30, `${'n'.repeat(200)}.test.`)), undefined);
  }
  t.true(files.octets(PATH).length <= longestFile(spool));
  t.is(problems.length, 1);
  await file.tend();
  t.deepEqual(pairs(await beginRun(files, clock)), pairs({ mapper }));
});

test('M14: a full disk does not stop answers; it is said once, and when there is room again all is kept', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000 };
  for (const room of [0, 1, 30, 70, 100]) {
    files.content.clear();
    files.room = Number.POSITIVE_INFINITY;
    const run = await beginRun(files, clock);
    run.mapper.assign(peer(1), promise());
    files.room = room;
    for (let number = 2; number <= 8; number++) t.not(run.mapper.assign(peer(number), promise()), undefined);
    await run.file.tend();
    t.is(run.problems.length, 1, 'said once');
    t.regex(run.problems[0]?.message ?? '', /Cannot keep mappings in \/state\/mappings: a restart forgets them/);
    files.room = Number.POSITIVE_INFINITY;
    // What is promised again is written over what the failed write has left.
    run.mapper.assign(peer(8), promise(60));
    t.is(pairs(await beginRun(copy(files), clock))[0x0a000008], 8);
    await run.file.tend();
    t.deepEqual(pairs(await beginRun(copy(files), clock)), pairs(run));
  }
});

test('M14: a directory that cannot be written, or a disk that fails, is said, and everything else works', async (t) => {
  for (const trouble of ['isForbidden', 'isSyncBroken'] as const) {
    const files = new MemoryFiles();
    const clock = { now: 1_000_000 };
    files[trouble] = true;
    const run = await beginRun(files, clock);
    t.true(run.problems.length >= 1);
    t.not(run.mapper.assign(peer(1), promise()), undefined);
    await run.file.tend();
    files[trouble] = false;
    await run.file.tend();
    run.mapper.assign(peer(2), promise());
    t.deepEqual(pairs(await beginRun(files, clock)), pairs(run));
    await run.file.end();
  }
});

test('M14: what only a snapshot has that was never finished does not count as saved', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000 };
  const run = await beginRun(files, clock);
  files.room = 0;
  run.mapper.assign(peer(1), promise());
  files.room = Number.POSITIVE_INFINITY;
  files.isSyncBroken = true;
  await run.file.tend();
  clock.now += 1;
  run.mapper.assign(peer(1), promise());
  files.isSyncBroken = false;
  t.deepEqual(pairs(await beginRun(copy(files), clock)), pairs(run));
});

test('M14: mappings of another spool are dropped, and it is said', async (t) => {
  const files = new MemoryFiles();
  const clock = { now: 1_000_000 };
  const first = await beginRun(files, clock);
  first.mapper.assign(peer(1), promise());
  const second = await beginRun(files, clock, ['10.1.0.0/28']);
  t.is(listOf(second.mapper).length, 0);
  t.regex(
    second.problems[0]?.message ?? '',
    /^1 mappings of .* are not of the spool 10\.1\.0\.0\/28: they were dropped$/,
  );
});

test('M14: killed after any octet of the log, everything answered before is there, and nothing else', async (t) => {
  const step = fc.record({ peer: fc.integer({ min: 1, max: 12 }), wait: fc.nat(60), ends: fc.nat(15) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const files = new MemoryFiles();
      const clock = { now: 1_000_000 };
      const run = await beginRun(files, clock, ['10.0.0.0/29']);
      /** After how many octets of the file which pairs were true. */
      let truths: [number, Record<number, number>][] = [[files.octets(PATH).length, {}]];
      for (const { peer: number, wait, ends } of steps) {
        clock.now += wait;
        run.mapper.assign(peer(number), promise(10));
        truths.push([files.octets(PATH).length, pairs(run)]);
        if (ends > 0) continue;
        await run.file.tend();
        truths = [[files.octets(PATH).length, pairs(run)]];
      }
      const octets = files.octets(PATH);
      for (let length = truths[0]?.[0] ?? 0; length <= octets.length; length++) {
        const killed = new MemoryFiles();
        killed.content.set(PATH, { octets: octets.slice(0, length) });
        const expected = truths.findLast(([needed]) => needed <= length)?.[1];
        t.deepEqual(pairs(await beginRun(killed, clock, ['10.0.0.0/29'])), expected as Record<number, number>);
      }
    }),
    { numRuns: 6 },
  );
});

function copy(files: MemoryFiles): MemoryFiles {
  const copied = new MemoryFiles();
  for (const [path] of files.content) copied.content.set(path, { octets: files.octets(path) });
  return copied;
}
