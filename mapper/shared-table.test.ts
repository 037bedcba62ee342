import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { parseIpv4 } from './address/ipv4.ts';
import { Ipv6Words, ipv6 } from './address/ipv6.ts';
import { parseIpv4Prefix } from './address/prefix.ts';
import type { HammerReport, HammerStart } from './fixture/hammer.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

const range = parseIpv4Prefix('10.0.0.0/28');
if (range === undefined) throw new Error('The test is wrong');
const spool = new Spool([range]);

/** How long the table is changed while another thread reads it, in milliseconds. */
const STRIKES = 1500;

const peer = (number: number) => ipv6(0x20010db8, 0, number >>> 8, number);

function openTable(over: Spool) {
  const table = SharedTable.create(over, 0x5eed);
  return { reader: table.reader, writer: table.writer() };
}

const lasting = { word: 0x7fff0001, position: 9 };
const passing = { from: 0x10000, count: 64 };

test('M21: another thread never sees half of two addresses, and finds what is there, whatever is made and ended', async (t) => {
  const table = SharedTable.create(spool, 0x5eed);
  const writer = table.writer();
  const same = (word: number) => ipv6(word, word, word, word);
  writer.publish(lasting.position, same(lasting.word));
  const control = new Int32Array(new SharedArrayBuffer(4));
  const start: HammerStart = {
    memory: table.memory,
    spool: spool.memory,
    control: control.buffer as SharedArrayBuffer,
    lasting,
    passing,
  };
  const thread = new Worker(new URL('./fixture/hammer.ts', import.meta.url), { workerData: start });
  const reported = once(thread, 'message') as Promise<[HammerReport]>;
  const deadline = performance.now() + 20_000;
  while (Atomics.load(control, 0) === 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const end = performance.now() + STRIKES;
  let changes = 0;
  while (performance.now() < end) {
    // Many at once between two looks at the clock. The hash has 48 slots, so it is made anew every few dozen changes.
    for (let many = 0; many < 1000; many++, changes++) {
      const number = changes % passing.count;
      const position = 1 + (number & 3);
      if (changes >= 4) writer.withdraw(position);
      writer.publish(position, same(passing.from + number));
    }
  }
  Atomics.store(control, 0, 2);
  const [report] = await reported;
  await thread.terminate();
  t.log(`${changes} changes, ${report.rounds} rounds of look-ups, ${report.found} found`);
  t.true(changes > 10_000 && report.rounds > 1000 && report.found > 1000, JSON.stringify({ changes, report }));
  t.is(report.torn, 0);
  t.is(report.wrong, 0);
  t.is(report.missed, 0);
});

test('M21: every mapping is found in both directions, and no other, whatever becomes of the hash', (t) => {
  const range = parseIpv4Prefix('10.0.0.0/20');
  if (range === undefined) return t.fail('The test is wrong');
  const large = new Spool([range]);
  const { reader, writer } = openTable(large);
  const peerAt = new Map<number, number>();
  const out = new Ipv6Words();
  const check = (): void => {
    for (let position = 0; position < large.size; position++) {
      const number = peerAt.get(position);
      if (reader.read(position, out) !== (number !== undefined)) t.fail(`position ${position}`);
      if (number !== undefined && (out.w3 !== number || reader.position(peer(number)) !== position))
        t.fail(`${number}`);
    }
    for (const number of [0, 99_999]) t.is(reader.position(peer(number)), -1);
  };
  let number = 0;
  // Filled, emptied and filled again, and then a long time of one for another.
  for (const changes of [large.size - 1, 1 - large.size, 2000, 20_000]) {
    for (let change = 0; change < Math.abs(changes); change++) {
      const position = 1 + (change % (large.size - 1));
      if (peerAt.delete(position)) writer.withdraw(position);
      if (changes < 0) continue;
      peerAt.set(position, ++number);
      writer.publish(position, peer(number));
    }
    check();
  }
  return t.pass();
});

test('an address that is not mapped is withdrawn without any effect', (t) => {
  const { reader, writer } = openTable(spool);
  writer.publish(3, peer(1));
  writer.withdraw(4);
  writer.withdraw(3);
  writer.withdraw(3);
  t.is(reader.position(peer(1)), -1);
  writer.publish(4, peer(1));
  t.is(reader.position(peer(1)), 4);
});

test('M21: a table that another thread opens is the same table', (t) => {
  const table = SharedTable.create(spool, 1);
  const other = SharedTable.open(table.memory, spool);
  const address = spool.address(3);
  const writer = table.writer();
  writer.publish(3, ipv6(1, 2, 3, 4));
  t.is(other.reader.toIpv4(ipv6(1, 2, 3, 4)), address);
  other.stamp(address, 100, 100, 300);
  t.is(table.heldUntil(3), 400);
  t.is(table.lastPacket(3), 100);
});

test('M11: a stamp makes a hold longer, never shorter; without a hold it only notes the packet', (t) => {
  const table = SharedTable.create(spool, 1);
  const address = spool.address(3);
  for (const [now, hold, until] of [
    [100, 300, 400],
    [110, 10, 400],
    [120, 0, 400],
    [130, 300, 430],
  ] as const) {
    table.stamp(address, now, 100, hold);
    t.is(table.lastPacket(3), now);
    t.is(table.heldUntil(3), until);
  }
});

test('M11: a new mapping begins without the stamps of the one before', (t) => {
  const table = SharedTable.create(spool, 1);
  const writer = table.writer();
  writer.publish(3, ipv6(1, 2, 3, 4));
  table.stamp(spool.address(3), 100, 300);
  writer.withdraw(3);
  writer.publish(3, ipv6(5, 6, 7, 8));
  t.is(table.heldUntil(3), 0);
  t.is(table.lastPacket(3), 0);
});

test('stamping an address outside the spool does nothing', (t) => {
  const table = SharedTable.create(spool, 1);
  const before = new Uint8Array(table.memory).slice();
  const stranger = parseIpv4('192.0.2.1');
  if (stranger !== undefined) table.stamp(stranger, 100, 100, 300);
  t.deepEqual(new Uint8Array(table.memory), before);
  t.is(table.heldUntil(spool.size), 0);
});
