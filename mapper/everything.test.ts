/**
 * All that can happen to the mapper at once, in random order: answers, strangers, packets, explicit mappings, flushes, moves
 * of the spool, clocks that are set. What must be true whatever happens is asserted after each step.
 */
import test from 'ava';
import fc from 'fast-check';
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { Ipv6Words, ipv6 } from './address/ipv6.ts';
import { type Ipv4Prefix, ipv4PrefixContains, ipv4PrefixSize, ipv6Prefix, parseIpv4Prefix } from './address/prefix.ts';
import { AddressMapper } from './address-mapper.ts';
import type { ExplicitPair } from './explicit-pair.ts';
import { listOf } from './fixture/list-of.ts';
import { flush } from './flush.ts';
import { LiveExplicitMap } from './live-explicit-map.ts';
import { MappingsWithExplicit } from './mappings-with-explicit.ts';
import { isFree } from './range.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

const HOUR = 3600;
const PEERS = 40;
const prefix = (text: string): Ipv4Prefix => parseIpv4Prefix(text) as Ipv4Prefix;
const peer = (number: number) => ipv6(0x20010db8, 0, 0, number);
const fixed = prefix('192.0.2.0/26');

const number = fc.integer({ min: 1, max: PEERS });
const operation = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('assign' as const), number, ttl: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('assign' as const), number, ttl: fc.constant(2 ** 31 - 1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('admit' as const), number }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('packet' as const), number, isTcp: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('map' as const), number, isForced: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unmap' as const), number }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const), isForced: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), to: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 400 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('set clock' as const), by: fc.constantFrom(-HOUR, 24 * HOUR) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask the kernel' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
);

function scene(seed: number) {
  const clock = { now: 1_700_000_000, askedAt: 0 };
  const spool = new Spool([prefix('10.0.0.0/28')], 2);
  const table = SharedTable.create(spool, seed);
  const connections = {
    get askedAt() {
      return clock.askedAt;
    },
    has: () => false,
    ask: async () => {},
  };
  const parts = { spool, index: table.reader, sinks: [table.writer()], stamps: [table], now: () => clock.now };
  const mapper = new AddressMapper({ ...parts, connections });
  const explicit = new LiveExplicitMap();
  return { clock, spool, table, mapper, explicit, mappings: new MappingsWithExplicit(mapper, explicit) };
}

type Scene = ReturnType<typeof scene>;

const held = ({ mapper }: Scene): Map<Ipv4Address, number> =>
  new Map(listOf(mapper).flatMap(({ ipv4, ipv6 }) => (mapper.isHeld(ipv4) ? [[ipv4, ipv6.w3] as const] : [])));

/** Every usable address of the open range. */
function openAddresses({ spool }: Scene): Ipv4Address[] {
  return spool.open.flatMap((range) => {
    const { first, end } = spool.positions(range);
    const positions = Array.from({ length: end - first }, (_, index) => first + index);
    return positions.filter((position) => spool.isUsable(position)).map((position) => spool.address(position));
  });
}

/** Gives up what nobody holds any more of ranges that are closing, as the agent does. */
function tend({ spool, mapper }: Scene): void {
  for (const range of spool.closing) if (mapper.occupiedIn(range).length === 0) spool.remove(range);
}

/** Both directions of the table, the list and the counts say the same. */
function isConsistent({ table, mapper, spool }: Scene): string | undefined {
  const words = new Ipv6Words();
  const rows = listOf(mapper);
  for (const { ipv4, ipv6: of } of rows) {
    if (!table.reader.toIpv6(ipv4, words) || words.w3 !== of.w3) return 'an address leads to another peer';
    if (table.reader.toIpv4(of) !== ipv4) return 'a peer leads to another address';
    const range = spool.ranges.find((each) => ipv4PrefixContains(each, ipv4));
    if (range === undefined || ipv4 === range.address) return 'an address is not to be handed out';
  }
  if (new Set(rows.map(({ ipv6: { w3 } }) => w3)).size !== rows.length) return 'a peer has two addresses';
  const { use } = mapper;
  if (use.used !== rows.length) return `${use.used} are counted of ${rows.length}`;
  if (use.strangers !== rows.filter(({ isStranger }) => isStranger).length) return 'strangers are miscounted';
  if (use.used + use.quarantined > spool.most) return 'more are mapped than may be';
  return undefined;
}

function addressesOf(prefixes: readonly Ipv4Prefix[]): Ipv4Address[] {
  return prefixes.flatMap((each) => Array.from({ length: ipv4PrefixSize(each) }, (_, at) => ipv4(each.address + at)));
}

test('M3, M10, M12, M13, M15, M17, M20: whatever happens in whatever order, nobody who is held loses an address', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 200, size: 'max' }), fc.integer(), async (operations, seed) => {
      const s = scene(seed);
      const { clock, spool, table, mapper, explicit, mappings } = s;
      let pairs: ExplicitPair[] = [];
      for (const each of operations) {
        const before = held(s);
        // One that is free already stays so, also when the clock is set back to before its hold ended.
        const unavailable = new Set(
          addressesOf(spool.open.flatMap((range) => mapper.occupiedIn(range))).filter((address) =>
            mapper.isHeld(address),
          ),
        );
        const removed = new Set<number>();
        switch (each.kind) {
          case 'assign':
          case 'admit': {
            const pair = pairs.find(({ ipv6: { address } }) => address.w3 === each.number);
            // A packet of a peer that is mapped explicitly is translated, and no stranger's.
            if (each.kind === 'admit' && pair !== undefined) break;
            const known = mapper.addressOf(peer(each.number));
            const strangers = mapper.use.strangers;
            const address =
              each.kind === 'admit'
                ? mapper.admit(peer(each.number))
                : mappings.assign(peer(each.number), { name: `${each.number}.`, ttlSeconds: each.ttl });
            if (pair !== undefined) t.is(address, pair.ipv4.address);
            else if (known !== undefined) t.is(address, known);
            else if (address !== undefined) t.false(unavailable.has(address), 'it was held, or in quarantine');
            else if (each.kind === 'assign' && mapper.use.used + mapper.use.quarantined < spool.most)
              t.is(unavailable.size, openAddresses(s).length, 'there was one to be had');
            if (address !== undefined && known === undefined && pair === undefined)
              t.true(spool.open.some((range) => ipv4PrefixContains(range, address)));
            if (mapper.use.strangers > strangers) t.true(mapper.use.strangers <= spool.usable / 2);
            break;
          }
          case 'packet': {
            const address = mapper.addressOf(peer(each.number));
            if (address !== undefined) table.stamp(address, clock.now, 100, each.isTcp ? 7440 : 300, each.isTcp);
            break;
          }
          case 'map': {
            const address = mapper.addressOf(peer(each.number));
            if (address !== undefined && mapper.isHeld(address) && !each.isForced) break;
            if (address !== undefined) mapper.remove(address, 'replaced');
            removed.add(each.number);
            const ipv4 = { address: (fixed.address + each.number) as Ipv4Address, length: 32 };
            const others = pairs.filter((pair) => pair.ipv4.address !== ipv4.address);
            pairs = [...others, { ipv4, ipv6: ipv6Prefix(peer(each.number), 128) }];
            explicit.replace(pairs);
            break;
          }
          case 'unmap':
            pairs = pairs.filter((pair) => pair.ipv6.address.w3 !== each.number);
            explicit.replace(pairs);
            break;
          case 'flush': {
            const flushed = await flush(mapper, undefined, each.isForced);
            if (each.isForced) for (const gone of before.values()) removed.add(gone);
            t.is(flushed.spared, each.isForced ? 0 : before.size);
            break;
          }
          case 'move':
            if (isFree(prefix(`10.${each.to}.0.0/28`), spool.ranges)) mapper.move(prefix(`10.${each.to}.0.0/28`));
            break;
          case 'wait':
            clock.now += each.seconds;
            break;
          case 'set clock':
            clock.now += each.by;
            break;
          case 'ask the kernel':
            clock.askedAt = clock.now;
            break;
          case 'sweep':
            while (mapper.sweep());
            tend(s);
            break;
        }
        t.is(isConsistent(s), undefined, JSON.stringify(each));
        // Time and the kernel end holds; nothing else does.
        if (['wait', 'set clock', 'ask the kernel'].includes(each.kind)) continue;
        for (const [address, of] of before) {
          if (!removed.has(of)) t.is(mapper.mappingOf(address)?.ipv6.w3, of, JSON.stringify(each));
        }
      }
      // When everything has passed, every address of the range that is open can be had, and no other.
      for (const { ipv4 } of listOf(mapper)) mapper.remove(ipv4, 'flushed');
      for (let year = 0; year < 80; year++) clock.now += 365 * 24 * HOUR;
      clock.askedAt = clock.now;
      for (let round = 0; round < 3; round++) while (mapper.sweep());
      tend(s);
      t.deepEqual(spool.closing, []);
      t.deepEqual(mapper.use, { used: 0, held: 0, strangers: 0, quarantined: 0 });
      const given = openAddresses(s).map((_, index) => mapper.assign(peer(1000 + index), { name: '.', ttlSeconds: 1 }));
      t.deepEqual(given.toSorted(), openAddresses(s).toSorted());
      t.is(mapper.assign(peer(9999), { name: '.', ttlSeconds: 1 }), undefined);
    }),
    { numRuns: 150 },
  );
});
