import test from 'ava';
import fc from 'fast-check';
import { formatIpv4, type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { formatIpv6, type Ipv6Address, Ipv6Words, ipv6, parseIpv6 } from './address/ipv6.ts';
import { type Ipv4Prefix, parseIpv4Prefix } from './address/prefix.ts';
import { NO_ADDRESS } from './address-map.ts';
import { AddressMapper } from './address-mapper.ts';
import { listOf } from './fixture/list-of.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

function prefix(text: string): Ipv4Prefix {
  const parsed = parseIpv4Prefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function mapper(ranges: string[], seed = 1) {
  const clock = { now: 1_000_000 };
  const spool = new Spool(ranges.map(prefix));
  const table = SharedTable.create(spool, seed);
  const parts = { spool, index: table.reader, sinks: [table.writer()], stamps: [table], now: () => clock.now };
  return { clock, spool, table, mapper: new AddressMapper(parts) };
}

const peer = (number: number): Ipv6Address => ipv6(0x20010db8, 0, 0, number);
const promise = (name = 'host6.test.', ttlSeconds = 30) => ({ name, ttlSeconds });

test('M1: an IPv6 peer gets a spool address that leads back to it', (t) => {
  const { mapper: m, table } = mapper(['10.170.160.0/20']);
  const address = m.assign(peer(9), promise());
  t.is(address && formatIpv4(address), '10.170.160.1');
  const out = new Ipv6Words();
  t.true(table.reader.toIpv6(address as Ipv4Address, out));
  t.is(formatIpv6(out), '2001:db8::9');
  t.is(table.reader.toIpv4(peer(9)), address as Ipv4Address);
  t.is(table.reader.toIpv4(peer(8)), NO_ADDRESS);
  t.false(table.reader.toIpv6(ipv4(0x0aaaa002), out));
});

test('M9: one mapping for each IPv6 address, whatever the name; the names are kept', (t) => {
  const { mapper: m } = mapper(['10.170.160.0/20']);
  const first = m.assign(peer(9), promise('a.test.'));
  t.is(m.assign(peer(9), promise('b.test.')), first);
  t.is(m.assign(peer(9), promise('a.test.')), first);
  t.deepEqual(m.mappingOf(first as Ipv4Address)?.names, ['b.test.', 'a.test.']);
  t.is(listOf(m).length, 1);
});

test('M5: the first and last address of every range are never handed out, and all others are', (t) => {
  const { mapper: m } = mapper(['10.0.0.0/29', '10.1.0.0/30']);
  const handed: string[] = [];
  for (let number = 1; ; number++) {
    const address = m.assign(peer(number), promise());
    if (address === undefined) break;
    handed.push(formatIpv4(address));
  }
  t.deepEqual(handed, ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6', '10.1.0.1', '10.1.0.2']);
  t.deepEqual(m.counters, { assigned: 8, recycled: 0, refused: 1 });
});

test('M10: the least recently used mapping is recycled when its promise has passed', (t) => {
  const { mapper: m, clock } = mapper(['10.0.0.0/29']);
  for (let number = 1; number <= 6; number++) m.assign(peer(number), promise());
  clock.now += 91;
  m.assign(peer(1), promise());
  const address = m.assign(peer(7), promise());
  t.is(address && formatIpv4(address), '10.0.0.2');
  t.is(m.mappingOf(address as Ipv4Address)?.ipv6.w3, 7);
});

test('M11: a promise holds for its TTL and a minute; a packet holds as long as its protocol says', (t) => {
  const { mapper: m, clock, table } = mapper(['10.0.0.0/30']);
  const first = m.assign(peer(1), promise('a.', 5)) as Ipv4Address;
  m.assign(peer(2), promise('b.', 5));
  clock.now += 64;
  t.is(m.assign(peer(3), promise()), undefined);
  table.stamp(first, clock.now, 100, 300);
  clock.now += 2;
  const second = m.assign(peer(3), promise());
  t.not(second, undefined);
  t.not(second, first);
  clock.now += 300;
  t.is(m.assign(peer(4), promise()), first);
});

test('M11: the longest promise there is holds, also when it reaches past what 32 bits of seconds can say', (t) => {
  const { mapper: m, clock } = mapper(['10.0.0.0/30']);
  clock.now = 2 ** 31;
  m.assign(peer(1), promise('a.', 2 ** 31 - 1));
  m.assign(peer(2), promise('b.', 2 ** 31 - 1));
  t.is(m.assign(peer(3), promise()), undefined);
});

test('M12: when every address is held, nobody gets one that is in use', (t) => {
  const { mapper: m } = mapper(['10.0.0.0/30']);
  m.assign(peer(1), promise());
  m.assign(peer(2), promise());
  t.is(m.assign(peer(3), promise()), undefined);
  t.is(m.counters.refused, 1);
  t.is(listOf(m).length, 2);
});

test('M1, M10: tables stay inverse and no held mapping moves, after any sequence of operations', (t) => {
  const operation = fc.record({
    peer: fc.integer({ min: 1, max: 40 }),
    wait: fc.integer({ min: 0, max: 50 }),
    packet: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), fc.integer(), (operations, seed) => {
      const { mapper: m, clock, table, spool } = mapper(['10.0.0.0/28', '10.9.0.0/30'], seed);
      const held = new Map<number, { address: Ipv4Address; until: number }>();
      for (const { peer: number, wait, packet } of operations) {
        clock.now += wait;
        const address = m.assign(peer(number), promise('x.', 10));
        for (const [other, pair] of held) if (pair.until <= clock.now) held.delete(other);
        const before = held.get(number);
        if (address === undefined) {
          t.is(before, undefined);
          t.is(held.size, 16, 'refused although something was free');
          continue;
        }
        if (before !== undefined) t.is(address, before.address);
        for (const [other, pair] of held) if (other !== number) t.not(pair.address, address);
        if (packet) table.stamp(address, clock.now, 100, 120);
        const until = Math.max(before?.until ?? 0, clock.now + 70, packet ? clock.now + 120 : 0);
        held.set(number, { address, until });
        const out = new Ipv6Words();
        for (const row of listOf(m)) {
          t.true(table.reader.toIpv6(row.ipv4, out));
          t.is(out.w3, row.ipv6.w3);
          t.is(table.reader.toIpv4(row.ipv6), row.ipv4);
        }
        let mapped = 0;
        for (let at = 0; at < spool.size; at++) if (table.reader.toIpv6(spool.address(at), out)) mapped++;
        t.is(mapped, listOf(m).length);
      }
    }),
    { numRuns: 60 },
  );
});

test('M21: a hash full of removed slots is rebuilt and still finds everything', (t) => {
  const { mapper: m, clock, table } = mapper(['10.0.0.0/28']);
  for (let number = 1; number <= 5000; number++) {
    clock.now += 100;
    const address = m.assign(peer(number), promise('x.', 1)) as Ipv4Address;
    t.is(table.reader.toIpv4(peer(number)), address);
    if (number > 14) t.is(table.reader.toIpv4(peer(number - 14)), NO_ADDRESS);
  }
});

test('an address written with its own words is what the table gives back', (t) => {
  const { mapper: m, table } = mapper(['10.0.0.0/24']);
  const out = new Ipv6Words();
  for (const text of ['fe00::', '::2', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '200:1234::1', '0:0:0:1::']) {
    const address = m.assign(parseIpv6(text) as Ipv6Address, promise()) as Ipv4Address;
    t.true(table.reader.toIpv6(address, out));
    t.is(formatIpv6(out), text);
  }
});
