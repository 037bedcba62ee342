import test from 'ava';
import { ipv6 } from './address/ipv6.ts';
import { parseIpv4Prefix } from './address/prefix.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';
import { MOST_AHEAD, TableAhead } from './table-ahead.ts';
import { ROW, TableColumns } from './table-columns.ts';
import { TableReader } from './table-reader.ts';

const peer = (number: number) => ipv6(0x20010db8, 0, number >>> 8, number);

function spoolOf(text: string): Spool {
  const range = parseIpv4Prefix(text);
  if (range === undefined) throw new Error('The test is wrong');
  return new Spool([range]);
}

/** A table of a /20 with every address mapped, position n to peer n. */
function fullTable() {
  const spool = spoolOf('10.0.0.0/20');
  const table = SharedTable.create(spool, 0x5eed);
  const writer = table.writer();
  for (let position = 1; position <= spool.usable; position++) writer.publish(position, peer(position));
  return { spool, table };
}

/** The same column, and the cache lines of it that are read, each with its name. */
function watched(column: Int32Array, name: string, lines: Set<string>): Int32Array {
  return new Proxy(column, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) lines.add(`${name} ${Math.floor(Number(key) / ROW)}`);
      return Reflect.get(target, key, target);
    },
  });
}

test('what look-ups of either kind are going to read is loaded before', (t) => {
  const { spool, table } = fullTable();
  const columns = new TableColumns(table.memory);
  const lines = new Set<string>();
  const [first, second] = columns.hashes;
  const seen: TableColumns = {
    ...columns,
    rows: watched(columns.rows, 'row', lines),
    hashes: [watched(first, 'first', lines), watched(second, 'second', lines)],
  };
  const [ahead, reader] = [new TableAhead(seen, spool), new TableReader(seen, spool)];
  let found = 0;
  let missing = 0;
  for (let number = 1; number + MOST_AHEAD <= spool.usable; number += MOST_AHEAD) {
    const own = Array.from({ length: MOST_AHEAD }, (_, index) => number + index);
    for (const position of own) {
      if (position % 2 === 0) ahead.addIpv4(spool.address(position));
      else ahead.addIpv6(peer(position));
    }
    lines.clear();
    ahead.load();
    const loaded = new Set(lines);
    t.true(loaded.size >= MOST_AHEAD);
    lines.clear();
    for (const position of own) {
      if (position % 2 === 0) t.true(reader.read(position, { ...peer(0), set() {}, copy() {} }));
      else t.is(reader.position(peer(position)), position);
    }
    for (const line of lines) loaded.has(line) ? found++ : missing++;
  }
  // A few have to be looked for over more slots, or share bits of their hash with one that is looked at before.
  t.true(missing < found / 50, `${missing} not loaded, ${found} loaded`);
});

test('nothing changes by looking ahead, whoever is looked for', (t) => {
  const { spool, table } = fullTable();
  const before = new Uint8Array(table.memory).slice();
  for (const position of [0, 1, 17, spool.size - 1]) {
    table.ahead.addIpv4(spool.address(position));
    table.ahead.addIpv6(peer(position));
  }
  table.ahead.load();
  table.ahead.load();
  for (const address of [ipv6(0, 0, 0, 0), ipv6(-1, -1, -1, -1), peer(99_999)]) table.ahead.addIpv6(address);
  const elsewhere = parseIpv4Prefix('192.0.2.1/32')?.address;
  if (elsewhere !== undefined) table.ahead.addIpv4(elsewhere);
  table.ahead.load();
  t.deepEqual(new Uint8Array(table.memory), before);
});

test('a table is large where a cache does not hold its rows', (t) => {
  for (const [range, isLarge] of [
    ['10.0.0.0/20', false],
    ['10.0.0.0/18', false],
    ['10.0.0.0/17', true],
    ['10.0.0.0/12', true],
  ] as const) {
    t.is(SharedTable.create(spoolOf(range), 1).ahead.isLarge, isLarge, range);
  }
  t.true(SharedTable.create(spoolOf('10.0.0.0/20'), 1, 100_000).ahead.isLarge, 'made for more');
});
