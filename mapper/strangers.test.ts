/** Mappings of peers that came by themselves (M7, M15): on the recipient side of a bump. */
import test from 'ava';
import { formatIpv4, type Ipv4Address } from './address/ipv4.ts';
import { type Ipv6Address, ipv6 } from './address/ipv6.ts';
import { parseIpv4Prefix } from './address/prefix.ts';
import { AddressMapper } from './address-mapper.ts';
import { listOf } from './fixture/list-of.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

/** A mapper over one range, and its clock. */
function scene(range: string) {
  const clock = { now: 1_000_000 };
  const prefix = parseIpv4Prefix(range);
  if (prefix === undefined) throw new Error(range);
  const spool = new Spool([prefix]);
  const table = SharedTable.create(spool, 1);
  const parts = { spool, index: table.reader, sinks: [table.writer()], stamps: [table], now: () => clock.now };
  return { clock, table, spool, mapper: new AddressMapper(parts) };
}

const peer = (number: number): Ipv6Address => ipv6(0x20010db8, 0, 0, number);
const promise = { name: 'host6.test.', ttlSeconds: 30 };

test('M7, M15: a peer that sends a packet gets a mapping, one and the same, without a name', (t) => {
  const { mapper, table } = scene('10.0.0.0/28');
  const address = mapper.admit(peer(1)) as Ipv4Address;
  t.is(formatIpv4(address), '10.0.0.1');
  t.is(mapper.admit(peer(1)), address);
  t.is(table.reader.toIpv4(peer(1)), address);
  t.like(mapper.mappingOf(address), { names: [], isStranger: true });
  t.deepEqual(mapper.strangerCounters, { admitted: 1, overRate: 0, refused: 0 });
});

test('M15: strangers have at most half of the spool, and the rest is there for names', (t) => {
  const { mapper } = scene('10.0.0.0/28');
  const admitted = Array.from({ length: 14 }, (_, number) => mapper.admit(peer(number + 1)));
  t.is(admitted.filter((address) => address !== undefined).length, 7);
  t.is(mapper.strangerCounters.refused, 7);
  const assigned = Array.from({ length: 8 }, (_, number) => mapper.assign(peer(number + 101), promise));
  t.is(assigned.filter((address) => address !== undefined).length, 7);
});

test('M15: a stranger that this host does not answer makes room for the next after 5 s, the oldest first', (t) => {
  const { mapper, clock, table } = scene('10.0.0.0/28');
  const first = mapper.admit(peer(1)) as Ipv4Address;
  clock.now++;
  const second = mapper.admit(peer(2)) as Ipv4Address;
  for (let number = 3; number <= 7; number++) mapper.admit(peer(number));
  t.is(mapper.admit(peer(8)), undefined);
  clock.now += 5;
  table.stamp(first, clock.now, 100, 300);
  t.is(mapper.admit(peer(8)), second);
});

test('M15: strangers are recycled before a name loses its address, whatever was used last', (t) => {
  const { mapper, clock } = scene('10.0.0.0/28');
  const assigned = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => mapper.assign(peer(number), promise));
  clock.now += 200;
  const strangers = [11, 12, 13, 14, 15, 16].map((number) => mapper.admit(peer(number)));
  clock.now += 10;
  for (const address of strangers) t.is(mapper.assign(peer(100 + (address ?? 0)), promise), address);
  t.is(mapper.assign(peer(99), promise), assigned[0]);
});

test('M15: a stranger that is promised in an answer is one of ours, at the same address', (t) => {
  const { mapper, clock } = scene('10.0.0.0/29');
  const address = mapper.admit(peer(1)) as Ipv4Address;
  t.is(mapper.assign(peer(1), promise), address);
  t.like(mapper.mappingOf(address), { names: ['host6.test.'], isStranger: false });
  for (const number of [2, 3, 4]) t.not(mapper.admit(peer(number)), undefined);
  t.is(mapper.admit(peer(5)), undefined);
  clock.now += 30;
  t.not(mapper.admit(peer(5)), undefined);
  t.is(mapper.admit(peer(1)), address);
});

test('M15: a hundred new strangers are let in a second, also when the clock is set back; known ones are not counted', (t) => {
  const { mapper, clock } = scene('10.0.0.0/20');
  let number = 0;
  const admit = (count: number): number => {
    const addresses = Array.from({ length: count }, () => mapper.admit(peer(++number)));
    return addresses.filter((address) => address !== undefined).length;
  };
  t.is(admit(250), 100);
  t.is(mapper.strangerCounters.overRate, 150);
  for (let again = 0; again < 3; again++) t.not(mapper.admit(peer(1)), undefined);
  clock.now += 10;
  t.is(admit(250), 100);
  clock.now -= 3600;
  t.is(admit(250), 100);
});

test('M12: a stranger never gets the address of a peer that is held', (t) => {
  const { mapper } = scene('10.0.0.0/29');
  for (let number = 1; number <= 6; number++) mapper.assign(peer(number), promise);
  t.is(mapper.admit(peer(7)), undefined);
  t.is(mapper.strangerCounters.refused, 1);
  t.is(listOf(mapper).length, 6);
});
