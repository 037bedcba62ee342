import test from 'ava';
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import { ipv6 } from '../../mapper/address/ipv6.ts';
import { type Ipv6Prefix, parseIpv4Prefix, parseIpv6Prefix } from '../../mapper/address/prefix.ts';
import { AddressMapper } from '../../mapper/address-mapper.ts';
import { listOf } from '../../mapper/fixture/list-of.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';
import { Newcomers } from './newcomers.ts';
import { PeersWithin } from './peers-within.ts';

const promise = { name: 'host6.test.', ttlSeconds: 30 };
const prefix = parseIpv6Prefix('2001:db8:1::/64') as Ipv6Prefix;
const inside = (number: number) => ipv6(0x20010db8, 0x10000, 0, number);
const outside = (number: number) => ipv6(0x20010db8, 0x20000, 0, number);

/** A mapper with so many mappings inside the prefix, and as many outside; nobody holds them any more. */
function scene(count: number, isForced = false) {
  const clock = { now: 1_000_000 };
  const spool = new Spool(['10.0.0.0/18'].map(parseIpv4Prefix).filter((range) => range !== undefined));
  const table = SharedTable.create(spool, 1);
  const newcomers = new Newcomers(spool);
  const sinks = [table.writer(), newcomers];
  const mapper = new AddressMapper({ spool, index: table.reader, sinks, stamps: [table], now: () => clock.now });
  for (let number = 0; number < count; number++) {
    mapper.assign(inside(number), promise);
    mapper.assign(outside(number), promise);
  }
  clock.now += 100;
  let turns = 0;
  const search = new PeersWithin({ mapper, newcomers }, prefix, isForced, () => turns++);
  const left = () => listOf(mapper).filter(({ ipv6: { w1 } }) => w1 === 0x10000).length;
  /** Goes on as long as there is more to do; returns whether way was made. */
  const finish = async (): Promise<boolean> => {
    for (;;) {
      const before = turns;
      if (search.makeWay()) return true;
      await new Promise((resolve) => setImmediate(resolve));
      if (turns === before) return false;
    }
  };
  return { clock, mapper, search, left, finish, turns: () => turns };
}

test('M17: a prefix makes its way through thousands of mappings in slices, and all of its peers are gone at the end', async (t) => {
  const { mapper, left, finish, turns } = scene(5000);
  t.true(await finish());
  t.is(left(), 0);
  t.is(mapper.use.used, 5000);
  t.true(turns() > 50, `${turns()} turns`);
});

test('M17: none of the mappings ends while one of them is held; who comes meanwhile is waited for too', async (t) => {
  const { clock, mapper, search, left, finish } = scene(1000);
  mapper.assign(inside(999), promise);
  t.false(await finish());
  t.is(left(), 1000);
  search.makeWay();
  mapper.assign(inside(5000), promise);
  clock.now += 89;
  t.false(await finish());
  t.is(left(), 1001);
  clock.now += 2;
  t.true(await finish());
  t.is(left(), 0);
});

test('M17: who came between two slices is found, wherever the search was', async (t) => {
  const { clock, mapper, search, left, finish } = scene(1000, true);
  search.makeWay();
  // The first address, which has been looked at, goes to a peer inside.
  const [first] = [...mapper.addresses()] as Ipv4Address[];
  mapper.remove(first as Ipv4Address, 'flushed');
  for (let number = 5000; mapper.mappingOf(first as Ipv4Address) === undefined && number < 30_000; number++) {
    mapper.assign(inside(number), promise);
  }
  clock.now += 1;
  t.true(await finish());
  t.is(left(), 0);
});

test('an end of the search stops it', async (t) => {
  const { search, left, turns } = scene(1000);
  t.false(search.makeWay());
  search.end();
  await new Promise((resolve) => setImmediate(resolve));
  t.is(turns(), 0);
  t.is(left(), 1000);
});
