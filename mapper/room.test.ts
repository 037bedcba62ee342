/** Making room before an answer: when the kernel is asked, and how much one answer may take. */
import test from 'ava';
import { ipv6 } from './address/ipv6.ts';
import { parseIpv4Prefix } from './address/prefix.ts';
import { AddressMapper } from './address-mapper.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

const peer = (number: number) => ipv6(0x20010db8, 0, 0, number);
const peers = (first: number, count: number) => Array.from({ length: count }, (_, number) => peer(first + number));
const promise = { name: 'host6.test.', ttlSeconds: 30 };

/** A mapper whose kernel knows connections to these positions, when it is asked. */
function scene(range: string) {
  const clock = { now: 1_000_000 };
  const spool = new Spool([range].map(parseIpv4Prefix).filter((prefix) => prefix !== undefined));
  const table = SharedTable.create(spool, 1);
  const kernel = { questions: 0, connected: new Set<number>() };
  let known = new Set<number>();
  const connections = {
    askedAt: 0,
    has: (position: number) => known.has(position),
    async ask() {
      kernel.questions++;
      known = new Set(kernel.connected);
      connections.askedAt = clock.now;
    },
  };
  const parts = { spool, index: table.reader, sinks: [table.writer()], stamps: [table], now: () => clock.now };
  return { clock, table, spool, kernel, mapper: new AddressMapper({ ...parts, connections }) };
}

test('M11: the kernel is asked before the first address is recycled, and not while there are free ones', async (t) => {
  const { mapper, clock, kernel, spool } = scene('10.0.0.0/29');
  for (const each of peers(1, 6)) {
    t.deepEqual(await mapper.makeRoomFor([each]), [each]);
    mapper.assign(each, promise);
  }
  t.is(kernel.questions, 0);
  clock.now += 20_000;
  // A connection that has been silent for hours, which no packet holds any more.
  kernel.connected.add(1);
  t.deepEqual(await mapper.makeRoomFor([peer(7)]), [peer(7)]);
  t.is(kernel.questions, 1);
  t.is(mapper.assign(peer(7), promise), spool.address(2));
});

test('M11: an address whose connection has ended is found at once, however long its packets would have held it', async (t) => {
  const { mapper, clock, kernel, table, spool } = scene('10.0.0.0/29');
  for (const each of peers(1, 6)) mapper.assign(each, promise);
  for (let position = 1; position <= 6; position++) {
    table.stamp(spool.address(position), clock.now, 100, 7440, true);
    kernel.connected.add(position);
  }
  clock.now += 100;
  t.deepEqual(await mapper.makeRoomFor([peer(7)]), []);
  t.is(mapper.assign(peer(7), promise), undefined);
  t.true(kernel.questions >= 1);
  kernel.connected.delete(4);
  clock.now += 1;
  t.deepEqual(await mapper.makeRoomFor([peer(7)]), [peer(7)]);
  t.is(mapper.assign(peer(7), promise), spool.address(4));
});

test('M11: a connection that is younger than the answer of the kernel is believed', async (t) => {
  const { mapper, clock, table, spool } = scene('10.0.0.0/30');
  for (const each of peers(1, 2)) mapper.assign(each, promise);
  clock.now += 100;
  await mapper.makeRoomFor([peer(3)]);
  clock.now += 10;
  for (const position of [1, 2]) table.stamp(spool.address(position), clock.now, 100, 7440, true);
  t.is(mapper.assign(peer(3), promise), undefined);
});

test('M11: when the clock was set back, the kernel is asked again, and packets are believed until then', async (t) => {
  const { mapper, clock, kernel, table, spool } = scene('10.0.0.0/30');
  for (const each of peers(1, 2)) mapper.assign(each, promise);
  clock.now += 100;
  await mapper.makeRoomFor([peer(3)]);
  clock.now -= 50;
  for (const position of [1, 2]) table.stamp(spool.address(position), clock.now, 100, 7440, true);
  clock.now += 49;
  t.is(mapper.assign(peer(3), promise), undefined);
  const before = kernel.questions;
  clock.now -= 3600;
  await mapper.makeRoomFor([peer(3)]);
  t.true(kernel.questions > before);
});

test('M10: none of a thousand connections is passed over when only the last of them has ended', async (t) => {
  const { mapper, clock, kernel, table, spool } = scene('10.0.0.0/22');
  for (const each of peers(1, 1022)) mapper.assign(each, promise);
  for (let position = 1; position <= 1022; position++) {
    table.stamp(spool.address(position), clock.now, 100, 7440, true);
    if (position !== 777) kernel.connected.add(position);
  }
  clock.now += 100;
  t.deepEqual(await mapper.makeRoomFor([peer(5000)]), [peer(5000)]);
  t.is(mapper.assign(peer(5000), promise), spool.address(777));
});

test('M12: a name with hundreds of addresses gets a share of what is to be had, and other names get theirs', async (t) => {
  const { mapper } = scene('10.0.0.0/24');
  let handed = 0;
  for (let name = 0; name < 10; name++) {
    const chosen = await mapper.makeRoomFor(peers(1000 * (name + 1), 300));
    t.true(chosen.length >= 4 && chosen.length <= 254 / 16, `${chosen.length}`);
    for (const each of chosen) t.not(mapper.assign(each, promise), undefined);
    handed += chosen.length;
  }
  t.true(handed < 150);
  t.is(mapper.counters.refused, 10 * 300 - handed);
  t.deepEqual(await mapper.makeRoomFor([peer(1)]), [peer(1)]);
});

test('M9: addresses that have a mapping need no room', async (t) => {
  const { mapper } = scene('10.0.0.0/29');
  for (const each of peers(1, 6)) mapper.assign(each, promise);
  const asked = [peer(2), peer(9), peer(5)];
  t.deepEqual(await mapper.makeRoomFor(asked), [peer(2), peer(5)]);
});
