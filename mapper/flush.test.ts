import test from 'ava';
import type { Ipv4Address } from './address/ipv4.ts';
import { ipv6 } from './address/ipv6.ts';
import { parseIpv4Prefix } from './address/prefix.ts';
import { AddressMapper } from './address-mapper.ts';
import { listOf } from './fixture/list-of.ts';
import { flush } from './flush.ts';
import type { EndReason } from './mapping.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

const peer = (number: number) => ipv6(0x20010db8, 0, 0, number);
const promise = { name: 'host6.test.', ttlSeconds: 30 };

function scene(range = '10.0.0.0/29') {
  const clock = { now: 1_000_000 };
  const spool = new Spool([range].map(parseIpv4Prefix).filter((prefix) => prefix !== undefined));
  const table = SharedTable.create(spool, 1);
  const ended: [number, EndReason][] = [];
  const announce = {
    publish: () => {},
    withdraw: () => {},
    ended: ({ ipv6: { w3 } }: { ipv6: { w3: number } }, reason: EndReason) => void ended.push([w3, reason]),
  };
  const sinks = [table.writer(), announce];
  const mapper = new AddressMapper({ spool, index: table.reader, sinks, stamps: [table], now: () => clock.now });
  return { clock, table, mapper, ended };
}

test('M20: a flush ends what nobody relies on and spares what is held; forced, it spares nothing', async (t) => {
  const { mapper, clock, table, ended } = scene();
  for (const number of [1, 2, 3]) mapper.assign(peer(number), promise);
  const live = mapper.addressOf(peer(3)) as Ipv4Address;
  clock.now += 91;
  table.stamp(live, clock.now, 100, 300);
  mapper.assign(peer(4), promise);
  t.deepEqual(await flush(mapper, undefined, false), { removed: 2, spared: 2 });
  t.deepEqual(ended, [
    [1, 'flushed'],
    [2, 'flushed'],
  ]);
  t.is(mapper.addressOf(peer(1)), undefined);
  t.deepEqual(await flush(mapper, undefined, true), { removed: 2, spared: 0 });
  t.deepEqual(listOf(mapper), []);
});

test('M20: a flush of one address leaves the others', async (t) => {
  const { mapper, clock } = scene();
  const [first, second] = [1, 2].map((number) => mapper.assign(peer(number), promise)) as [Ipv4Address, Ipv4Address];
  t.deepEqual(await flush(mapper, first, false), { removed: 0, spared: 1 });
  t.deepEqual(await flush(mapper, first, true), { removed: 1, spared: 0 });
  clock.now += 91;
  t.deepEqual(await flush(mapper, first, true), { removed: 0, spared: 0 });
  t.is(mapper.addressOf(peer(2)), second);
});

test('M13: an address that was held when its mapping was removed goes to nobody until the hold would have ended', (t) => {
  const { mapper, clock, table } = scene();
  const address = mapper.assign(peer(1), promise) as Ipv4Address;
  table.stamp(address, clock.now, 100, 300);
  mapper.remove(address, 'flushed');
  t.deepEqual(mapper.use, { used: 0, held: 0, strangers: 0, quarantined: 1 });
  const others = [2, 3, 4, 5, 6].map((number) => mapper.assign(peer(number), promise));
  t.false(others.includes(address));
  t.is(mapper.assign(peer(7), promise), undefined);
  t.false(listOf(mapper).some(({ ipv4 }) => ipv4 === address));
  clock.now += 299;
  for (const number of [2, 3, 4, 5, 6]) mapper.assign(peer(number), promise);
  t.is(mapper.assign(peer(7), promise), undefined);
  clock.now += 1;
  t.is(mapper.assign(peer(7), promise), address);
  t.is(mapper.use.quarantined, 0);
});

test('M13: free addresses that nobody ever had go out first, then the one that was freed first', (t) => {
  const { mapper, clock } = scene();
  const [first, second, third] = [1, 2, 3].map((number) => mapper.assign(peer(number), promise)) as Ipv4Address[];
  clock.now += 200;
  for (const address of [second, third, first]) mapper.remove(address as Ipv4Address, 'flushed');
  const fresh = [11, 12, 13].map((number) => mapper.assign(peer(number), promise));
  t.false(fresh.some((address) => address === first || address === second || address === third));
  t.deepEqual(
    [14, 15, 16].map((number) => mapper.assign(peer(number), promise)),
    [second, third, first],
  );
});

test('M10: a flush of many mappings lets others run in between', async (t) => {
  const { mapper, clock } = scene('10.0.0.0/18');
  for (let number = 1; number <= 16_382; number++) mapper.assign(peer(number), promise);
  clock.now += 100;
  let turns = 0;
  let next: NodeJS.Immediate | undefined;
  const turn = (): void => {
    turns++;
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  t.deepEqual(await flush(mapper, undefined, false), { removed: 16_382, spared: 0 });
  clearImmediate(next);
  t.true(turns > 20, `${turns} turns`);
});
