import test from 'ava';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, parseIpv6 } from '../../mapper/address/ipv6.ts';
import { parseIpv4Prefix } from '../../mapper/address/prefix.ts';
import { AddressMapper } from '../../mapper/address-mapper.ts';
import { type ExplicitEntry, parseExplicitText } from '../../mapper/explicit-entry.ts';
import { listOf } from '../../mapper/fixture/list-of.ts';
import { MappingsWithExplicit } from '../../mapper/mappings-with-explicit.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';
import { BadRequest, Conflict } from '../control/bad-request.ts';
import { ExplicitMappings } from './explicit-mappings.ts';
import { Newcomers } from './newcomers.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const six = (text: string) => parseIpv6(text) as Ipv6Address;
const four = (text: string) => parseIpv4(text) as Ipv4Address;
const entry = (text: string) => parseExplicitText(text) as ExplicitEntry;
const promise = { name: 'host6.test.', ttlSeconds: 30 };

function scene(configured: readonly string[] = []) {
  const clock = { now: 1_000_000 };
  const spool = new Spool(['10.0.0.0/24'].map(parseIpv4Prefix).filter((range) => range !== undefined));
  const table = SharedTable.create(spool, 1);
  const newcomers = new Newcomers(spool);
  const parts = {
    spool,
    index: table.reader,
    sinks: [table.writer(), newcomers],
    stamps: [table],
    now: () => clock.now,
  };
  const mapper = new AddressMapper(parts);
  const explicit = new ExplicitMappings(configured.map(entry), silent);
  const names = new Map<string, string[]>();
  let changes = 0;
  const end = explicit.follow({
    reserved: () => spool.ranges,
    mapper,
    newcomers,
    resolve: async (name) => ({ addresses: (names.get(name) ?? []).map(six), ttlSeconds: 300 }),
    changed: () => changes++,
  });
  const states = () => explicit.list.map(({ ipv4, ipv6, state }) => `${ipv4} ${ipv6} ${state}`);
  return { clock, mapper, explicit, names, end, states, changes: () => changes };
}

test('M17: an explicit mapping holds from configuration and by command, and ends by command', (t) => {
  const { explicit, end, states, changes } = scene(['192.0.2.7 2001:db8::7']);
  t.teardown(end);
  t.deepEqual(states(), ['192.0.2.7 2001:db8::7 active']);
  explicit.add(entry('198.51.100.0/24 2001:db8:1::/120'), false);
  t.deepEqual(states(), ['192.0.2.7 2001:db8::7 active', '198.51.100.0/24 2001:db8:1::/120 active']);
  t.is(explicit.map.toIpv4(six('2001:db8:1::9')), four('198.51.100.9'));
  explicit.remove(entry('192.0.2.7 ::').ipv4);
  t.deepEqual(states(), ['198.51.100.0/24 2001:db8:1::/120 active']);
  t.false(explicit.map.hasIpv4(four('192.0.2.7')));
  t.is(changes(), 3);
});

test('M17: what overlaps the spool, is there already, or is no host address is refused, and nothing changes', (t) => {
  const { explicit, end, states } = scene(['192.0.2.7 2001:db8::7']);
  t.teardown(end);
  for (const [text, instanceOf, message] of [
    ['10.0.0.9 2001:db8::9', Conflict, /overlaps 10\.0\.0\.0\/24, which bis hands out/],
    ['10.0.0.0/8 2001:db8::/96', Conflict, /overlaps/],
    ['127.0.0.0/8 2001:db8::/96', BadRequest, /hosts must not use/],
    ['127.0.0.1 2001:db8::9', BadRequest, /hosts must not use/],
    ['64.0.0.0/2 2001:db8::/96', BadRequest, /not between/],
    ['192.0.2.8 2001:db8::7', Conflict, /its IPv6 prefix is in the table already/],
  ] as const) {
    t.throws(() => explicit.add(entry(text), true), { instanceOf, message }, text);
  }
  t.throws(() => explicit.remove(entry('192.0.2.9 ::').ipv4), { instanceOf: Conflict });
  t.deepEqual(states(), ['192.0.2.7 2001:db8::7 active']);
});

test('M17: an explicit mapping waits while the peer is held, and takes over when that has ended', (t) => {
  const { explicit, mapper, clock, end, states } = scene();
  t.teardown(end);
  const spoolAddress = mapper.assign(six('2001:db8::7'), promise) as Ipv4Address;
  explicit.add(entry('192.0.2.7 2001:db8::7'), false);
  t.deepEqual(states(), ['192.0.2.7 2001:db8::7 waiting']);
  clock.now += 89;
  explicit.tend();
  t.is(mapper.addressOf(six('2001:db8::7')), spoolAddress);
  clock.now += 2;
  explicit.tend();
  t.deepEqual(states(), ['192.0.2.7 2001:db8::7 active']);
  t.is(mapper.addressOf(six('2001:db8::7')), undefined);
});

test('M17, M13: with --now it takes over at once, and the address goes to nobody until the hold would have ended', (t) => {
  const { explicit, mapper, end, states } = scene();
  t.teardown(end);
  mapper.assign(six('2001:db8:1::7'), promise);
  explicit.add(entry('198.51.100.0/24 2001:db8:1::/120'), true);
  t.deepEqual(states(), ['198.51.100.0/24 2001:db8:1::/120 active']);
  t.like(mapper.use, { used: 0, quarantined: 1 });
});

test('M17: answers for a peer that is mapped explicitly have that address, and its name leads back', async (t) => {
  const { explicit, mapper, end } = scene(['192.0.2.7 2001:db8::7']);
  t.teardown(end);
  const mappings = new MappingsWithExplicit(mapper, explicit.map);
  const both = [six('2001:db8::7'), six('2001:db8::8')];
  t.deepEqual(await mappings.makeRoomFor(both), both);
  const given = both.map((address) => mappings.assign(address, promise) as Ipv4Address);
  t.deepEqual(given.map(formatIpv4), ['192.0.2.7', '10.0.0.1']);
  t.deepEqual(mappings.mappingOf(four('192.0.2.7')), { ipv6: six('2001:db8::7'), names: [] });
  t.true(mappings.isSpool(four('192.0.2.7')));
  t.false(mappings.isSpool(four('192.0.2.8')));
  t.is(listOf(mapper).length, 1);
});

test('M17: the address of a name is followed, and stays as long as the name has it', async (t) => {
  const { explicit, names, end, states } = scene(['192.0.2.8 host6.example']);
  t.teardown(end);
  t.deepEqual(states(), ['192.0.2.8 null unresolved']);
  explicit.remove(entry('192.0.2.8 ::').ipv4);
  names.set('host6.example', ['2001:db8::9', '2001:db8::a']);
  explicit.add(entry('192.0.2.8 host6.example'), false);
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(states(), ['192.0.2.8 2001:db8::9 active']);
});

test('M17: when the bump ends nothing is in force, and with the next one it is again', (t) => {
  const { explicit, end, states } = scene(['192.0.2.7 2001:db8::7']);
  end();
  t.deepEqual(states(), ['192.0.2.7 2001:db8::7 waiting']);
  t.deepEqual(explicit.pairs, []);
});
