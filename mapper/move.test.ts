/** A spool that moves to another range while it is used (M3). */
import test from 'ava';
import fc from 'fast-check';
import { formatIpv4, type Ipv4Address, ipv4, parseIpv4 } from './address/ipv4.ts';
import { Ipv6Words, ipv6 } from './address/ipv6.ts';
import {
  coverIpv4,
  formatIpv4Prefix,
  type Ipv4Prefix,
  ipv4PrefixContains,
  ipv4PrefixSize,
  parseIpv4Prefix,
} from './address/prefix.ts';
import { AddressMapper } from './address-mapper.ts';
import type { EndReason } from './mapping.ts';
import { privateRanges } from './range.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

const prefix = (text: string) => parseIpv4Prefix(text) as Ipv4Prefix;
const peer = (number: number) => ipv6(0x20010db8, 0, 0, number);
const promise = { name: 'host6.test.', ttlSeconds: 30 };

function scene(spare: number) {
  const clock = { now: 1_000_000 };
  const spool = new Spool([prefix('10.0.0.0/29')], spare);
  const table = SharedTable.create(spool, 1);
  const ended: EndReason[] = [];
  const announce = {
    publish: () => {},
    withdraw: () => {},
    ended: (_: unknown, reason: EndReason) => ended.push(reason),
  };
  const sinks = [table.writer(), announce];
  const mapper = new AddressMapper({ spool, index: table.reader, sinks, stamps: [table], now: () => clock.now });
  const sweep = (): void => {
    while (mapper.sweep());
  };
  return { clock, spool, table, mapper, ended, sweep };
}

test('M3: after a move new mappings are in the new range, held ones stay until they end, idle ones end', (t) => {
  const { mapper, clock, spool, table, ended, sweep } = scene(1);
  const [idle, held] = [1, 2].map((number) => mapper.assign(peer(number), promise)) as [Ipv4Address, Ipv4Address];
  clock.now += 100;
  table.stamp(held, clock.now, 100, 300);
  // Another thread has the same spool.
  const other = SharedTable.open(table.memory, new Spool(spool.memory));
  t.true(mapper.move(prefix('172.16.0.0/29')));
  t.deepEqual(spool.open.map(formatIpv4Prefix), ['172.16.0.0/29']);
  t.deepEqual(spool.closing.map(formatIpv4Prefix), ['10.0.0.0/29']);
  t.is(formatIpv4(mapper.assign(peer(3), promise) as Ipv4Address), '172.16.0.1');
  t.is(mapper.assign(peer(2), promise), held);
  sweep();
  t.is(mapper.mappingOf(idle), undefined);
  t.deepEqual(ended, ['range']);
  t.deepEqual(mapper.occupiedIn(prefix('10.0.0.0/29')), [{ address: held, length: 32 }]);
  const words = new Ipv6Words();
  t.true(other.reader.toIpv6(held, words));
  t.is(formatIpv4(other.reader.toIpv4(peer(3)) as Ipv4Address), '172.16.0.1');
  clock.now += 301;
  sweep();
  t.deepEqual(mapper.occupiedIn(prefix('10.0.0.0/29')), []);
  spool.remove(prefix('10.0.0.0/29'));
  t.false(mapper.isSpool(held));
  t.is(formatIpv4(mapper.assign(peer(2), promise) as Ipv4Address), '172.16.0.2');
});

test('M3, M15: a stranger of a range that is closing, asked for by name before it was swept, keeps its address', (t) => {
  const { mapper, clock, table, sweep } = scene(1);
  const address = mapper.admit(peer(1)) as Ipv4Address;
  t.true(mapper.move(prefix('172.16.0.0/29')));
  clock.now += 100;
  t.is(mapper.assign(peer(1), promise), address);
  sweep();
  t.is(table.reader.toIpv4(peer(1)), address);
  t.deepEqual(mapper.use, { used: 1, held: 1, strangers: 0, quarantined: 0 });
});

test('M3: the place of a range that was given up is used again; without a place the spool stays', (t) => {
  const { mapper, clock, spool, sweep } = scene(1);
  const ranges = ['172.16.0.0/29', '10.9.0.0/29', '192.168.7.0/29'].map(prefix);
  let before = prefix('10.0.0.0/29');
  for (const [round, range] of ranges.entries()) {
    t.not(mapper.assign(peer(round), promise), undefined);
    t.true(mapper.move(range));
    t.false(mapper.move(prefix('10.77.0.0/29')), 'both places are taken');
    t.deepEqual(spool.open, [range]);
    const given = Array.from({ length: 7 }, (_, number) => mapper.assign(peer(1000 * (round + 1) + number), promise));
    t.is(given.filter((address) => address !== undefined).length, 6);
    clock.now += 100;
    sweep();
    t.deepEqual(mapper.occupiedIn(before), []);
    spool.remove(before);
    before = range;
  }
  t.is(mapper.use.used, 6);
});

test('M3: the fewest prefixes hold exactly the addresses that are left', (t) => {
  const texts = (first: number, count: number) => coverIpv4(ipv4(first), count).map(formatIpv4Prefix);
  t.deepEqual(texts(1, 0), []);
  t.deepEqual(texts(1, 3), ['0.0.0.1/32', '0.0.0.2/31']);
  t.deepEqual(texts(0, 5), ['0.0.0.0/30', '0.0.0.4/32']);
  t.deepEqual(texts(0xfffffffe, 2), ['255.255.255.254/31']);
  t.deepEqual(texts(0, 2 ** 32), ['0.0.0.0/0']);
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), (first, count) => {
      const prefixes = coverIpv4(ipv4(first), count);
      const held = prefixes.flatMap((each) =>
        Array.from({ length: ipv4PrefixSize(each) }, (_, at) => each.address + at),
      );
      t.deepEqual(
        held,
        Array.from({ length: count }, (_, at) => first + at),
      );
      t.true(prefixes.length <= 20);
    }),
  );
});

test('M3: what is occupied in a range is told in prefixes, with what is in quarantine and without what is free', (t) => {
  const { mapper } = scene(1);
  const addresses = [1, 2, 3, 4, 5, 6].map((number) => mapper.assign(peer(number), promise)) as Ipv4Address[];
  const texts = () => mapper.occupiedIn(prefix('10.0.0.0/29')).map(formatIpv4Prefix);
  t.deepEqual(texts(), ['10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/31', '10.0.0.6/32']);
  mapper.remove(addresses[1] as Ipv4Address, 'flushed');
  t.is(texts().length, 4);
});

test('M3: private ranges of a length are those of RFC 1918 and RFC 2544, and there are none that are too long', (t) => {
  t.deepEqual([...privateRanges(12)].length, 17);
  t.deepEqual([...privateRanges(15)].map(formatIpv4Prefix).slice(-2), ['172.16.0.0/15', '198.18.0.0/15']);
  t.deepEqual([...privateRanges(8)].map(formatIpv4Prefix), ['10.0.0.0/8']);
  t.deepEqual([...privateRanges(7)], []);
});

test('M3, M14: mappings of a range that was closing come back after a restart, and end where they are', async (t) => {
  const { mapper, clock, spool, table, ended, sweep } = scene(1);
  t.true(spool.addClosing(prefix('172.16.0.0/29')));
  t.false(spool.addClosing(prefix('192.168.0.0/29')), 'there is no place for another one');
  const [held, edge] = ['172.16.0.2', '172.16.0.0'].map((text) => parseIpv4(text)) as [Ipv4Address, Ipv4Address];
  const restored = { names: [], createdAt: clock.now, promisedUntil: clock.now + 60, isStranger: false };
  await mapper.restore([
    { ipv4: held, ipv6: peer(1), ...restored },
    { ipv4: edge, ipv6: peer(2), ...restored },
  ]);
  t.is(mapper.mappingOf(edge), undefined);
  t.is(table.reader.toIpv4(peer(1)), held);
  t.is(mapper.assign(peer(1), promise), held);
  // Six addresses of the open range are to be had, whatever is in the other.
  const given = [11, 12, 13, 14, 15, 16].map((number) => mapper.assign(peer(number), promise));
  t.true(given.every((address) => address !== undefined && ipv4PrefixContains(prefix('10.0.0.0/29'), address)));
  t.is(mapper.assign(peer(17), promise), undefined);
  sweep();
  t.deepEqual(mapper.occupiedIn(prefix('172.16.0.0/29')), [{ address: held, length: 32 }]);
  clock.now += 8000;
  sweep();
  t.deepEqual(ended, ['range']);
  t.deepEqual(mapper.occupiedIn(prefix('172.16.0.0/29')), []);
  t.is(mapper.addressOf(peer(1)), undefined);
});

test('M14: a file with more mappings than there may be has so many of them taken back', async (t) => {
  const { mapper, spool, clock } = scene(2);
  for (const each of ['172.16.0.0/29', '192.168.0.0/29']) t.true(spool.addClosing(prefix(each)));
  t.true(spool.most < 3 * 6);
  const restored = { names: [], createdAt: clock.now, promisedUntil: clock.now, isStranger: false };
  const mappings = spool.ranges.flatMap(({ address }, range) =>
    [1, 2, 3, 4, 5, 6].map((host) => ({ ipv4: ipv4(address + host), ipv6: peer(10 * range + host), ...restored })),
  );
  await mapper.restore(mappings);
  t.is(mapper.use.used, spool.most);
});
