/**
 * The address mapper against a slow model, over random sequences of everything that happens to it: whoever is held keeps the
 * address, nobody gets one that is held or in quarantine, what is refused could not have been given, and both directions
 * of the table say the same.
 */
import test from 'ava';
import fc from 'fast-check';
import type { Ipv4Address } from './address/ipv4.ts';
import { Ipv6Words, ipv6 } from './address/ipv6.ts';
import { parseIpv4Prefix } from './address/prefix.ts';
import { AddressMapper } from './address-mapper.ts';
import { SharedTable } from './shared-table.ts';
import { Spool } from './spool.ts';

const ranges = ['10.0.0.0/28', '10.9.0.0/30'].map(parseIpv4Prefix).filter((range) => range !== undefined);
const USABLE = 16;
const MOST_STRANGERS = 8;
const peer = (number: number) => ipv6(0x20010db8, 0, 0, number);

/** What the model knows of an address. */
interface Place {
  peer: number | undefined;
  isStranger: boolean;
  promisedUntil: number;
  heldUntil: number;
  connectedUntil: number;
  lastPacket: number;
  usedAt: number;
  /** When it was given back, or 0 if nobody ever had it. */
  freedAt: number;
}

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('assign' as const),
      peer: fc.integer({ min: 1, max: 40 }),
      ttl: fc.integer({ min: 0, max: 30 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('admit' as const), peer: fc.integer({ min: 30, max: 60 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('packet' as const),
      peer: fc.integer({ min: 1, max: 60 }),
      hold: fc.constantFrom(0, 50, 300),
      isTcp: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), peer: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('ask the kernel' as const),
      connected: fc.array(fc.integer({ min: 0, max: 19 }), { maxLength: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
);

class Model {
  readonly places = new Map<Ipv4Address, Place>();
  now = 1_000_000;
  askedAt = 0;
  connected = new Set<Ipv4Address>();

  isHeld(address: Ipv4Address): boolean {
    const place = this.places.get(address);
    if (place === undefined) return false;
    if (Math.max(place.promisedUntil, place.heldUntil) > this.now) return true;
    if (this.askedAt === 0) return place.connectedUntil > this.now;
    return this.connected.has(address) || (place.connectedUntil > this.now && place.lastPacket >= this.askedAt);
  }

  addressOf(number: number): Ipv4Address | undefined {
    return [...this.places].find(([, place]) => place.peer === number)?.[0];
  }

  /** Addresses that a new peer may get: free, or idle. */
  available(isStranger: boolean): Ipv4Address[] {
    const strangers = [...this.places.values()].filter((place) => place.peer !== undefined && place.isStranger).length;
    const mustBeStranger = isStranger && strangers >= MOST_STRANGERS;
    return [...this.places.keys()].filter((address) => {
      const place = this.places.get(address) as Place;
      return !this.isHeld(address) && (!mustBeStranger || (place.peer !== undefined && place.isStranger));
    });
  }
}

test('M10, M11, M12, M13, M15: the mapper does what a slow model does, over random sequences of operations', (t) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 250, size: 'max' }), fc.integer(), (operations, seed) => {
      const model = new Model();
      const spool = new Spool(ranges);
      for (let position = 0; position < spool.size; position++) {
        if (!spool.isUsable(position)) continue;
        const place = { peer: undefined, isStranger: false, promisedUntil: 0, heldUntil: 0, connectedUntil: 0 };
        model.places.set(spool.address(position), { ...place, lastPacket: 0, usedAt: 0, freedAt: 0 });
      }
      t.is(model.places.size, USABLE);
      const table = SharedTable.create(spool, seed);
      const connections = {
        get askedAt() {
          return model.askedAt;
        },
        has: (position: number) => model.connected.has(spool.address(position)),
        ask: async () => {},
      };
      const parts = { spool, index: table.reader, sinks: [table.writer()], stamps: [table], now: () => model.now };
      const mapper = new AddressMapper({ ...parts, connections });
      for (const each of operations) {
        switch (each.kind) {
          case 'assign':
          case 'admit': {
            const isStranger = each.kind === 'admit';
            const before = model.addressOf(each.peer);
            const available = model.available(isStranger);
            const address = isStranger
              ? mapper.admit(peer(each.peer))
              : mapper.assign(peer(each.peer), { name: 'x.', ttlSeconds: each.ttl });
            if (before !== undefined) t.is(address, before);
            else if (address === undefined) t.deepEqual(available, []);
            else t.true(available.includes(address), 'it was held, or out of reach');
            if (address === undefined) break;
            const place = model.places.get(address) as Place;
            if (before === undefined) {
              // Whoever is free goes before whoever is idle, and strangers before others.
              const rank = ({ peer, isStranger }: Place): number => (peer === undefined ? 0 : isStranger ? 1 : 2);
              const best = Math.min(...available.map((other) => rank(model.places.get(other) as Place)));
              t.is(rank(place), best);
              const equals = available
                .map((other) => model.places.get(other) as Place)
                .filter((other) => rank(other) === best);
              const age = (other: Place): number =>
                best === 0 ? other.freedAt : Math.max(other.usedAt, other.lastPacket);
              // When exactly a quarantine is over is not in the model; who was never anybody's goes before.
              const known = equals.map(age).filter((other) => !Number.isNaN(other));
              if (Number.isNaN(age(place))) t.false(known.includes(0), 'there is one that nobody ever had');
              else t.is(age(place), Math.min(...known), 'another one was free or idle for longer');
              Object.assign(place, {
                peer: each.peer,
                isStranger,
                promisedUntil: 0,
                heldUntil: 0,
                connectedUntil: 0,
                lastPacket: 0,
              });
            }
            if (isStranger && before !== undefined) break;
            if (!isStranger) place.isStranger = false;
            place.usedAt = model.now;
            place.promisedUntil = Math.max(place.promisedUntil, model.now + (isStranger ? 5 : each.ttl + 60));
            break;
          }
          case 'packet': {
            const address = model.addressOf(each.peer);
            if (address === undefined) break;
            table.stamp(address, model.now, 100, each.hold, each.isTcp);
            const place = model.places.get(address) as Place;
            place.lastPacket = model.now;
            const field = each.isTcp ? 'connectedUntil' : 'heldUntil';
            if (each.hold > 0) place[field] = Math.max(place[field], model.now + each.hold);
            break;
          }
          case 'remove': {
            const address = model.addressOf(each.peer);
            if (address === undefined) break;
            t.true(mapper.remove(address, 'flushed'));
            const place = model.places.get(address) as Place;
            place.peer = undefined;
            // Out of quarantine it comes when that is noticed; see the sweep.
            place.freedAt = Number.NaN;
            break;
          }
          case 'ask the kernel':
            model.askedAt = model.now;
            // A program has no connection to an address that nobody told it.
            model.connected = new Set(
              each.connected
                .filter((position) => spool.isUsable(position))
                .map((position) => spool.address(position))
                .filter((address) => model.places.get(address)?.peer !== undefined || model.isHeld(address)),
            );
            break;
          case 'wait':
            model.now += each.seconds;
            break;
          case 'sweep':
            while (mapper.sweep());
            break;
        }
        const words = new Ipv6Words();
        for (const [address, place] of model.places) {
          t.is(mapper.isHeld(address), model.isHeld(address));
          t.is(mapper.mappingOf(address)?.ipv6.w3, place.peer);
          t.is(table.reader.toIpv6(address, words), place.peer !== undefined);
          if (place.peer !== undefined) t.is(table.reader.toIpv4(peer(place.peer)), address);
        }
      }
    }),
    { numRuns: 150 },
  );
});
