import test from 'ava';
import { firstSlot, hashAddress, hashKey, nextSlot } from './table-hash.ts';

type Words = readonly [number, number, number, number];

/** Addresses as networks have them: what differs is in one place only. */
const families: Readonly<Record<string, (number: number) => Words>> = {
  'hosts of one network': (number) => [0x20010db8, 0, 0, number],
  'networks, the same host': (number) => [0x20010db8, number, 0, 1],
  'networks of many providers': (number) => [0x20000000 | (number << 12), 0, 0, 1],
  'EUI-64': (number) => [0x20010db8, 0, 0x021122ff, 0xfe000000 | number],
  'steps of 65,536': (number) => [0x20010db8, 0, number >>> 16, number << 16],
  'the same half twice': (number) => [0x20010db8, 0, (number << 16) | number, (number << 16) | number],
};
const SEEDS = [0, 1, 0x5eed, 0x7fffffff];
const [ADDRESSES, SLOTS] = [4094, 6144];

for (const [name, address] of Object.entries(families)) {
  test(`a hash two thirds full is short to search, whatever its key: ${name}`, (t) => {
    for (const seed of SEEDS) {
      const key = hashKey(seed);
      const slots = new Uint16Array(SLOTS);
      let probes = 0;
      for (let number = 1; number <= ADDRESSES; number++) {
        let index = firstSlot(hashAddress(...address(number), key), SLOTS);
        for (probes++; slots[index] !== 0; probes++) index = nextSlot(index, SLOTS);
        slots[index] = number;
      }
      // By chance it is 2 (Knuth, volume 3, 6.4).
      t.true(probes / ADDRESSES < 3, `${probes / ADDRESSES} with the key ${seed}`);
    }
  });
}

test('slots are within the hash, whatever the hash of an address', (t) => {
  for (const hash of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]) {
    for (const slots of [48, 6144, 1_572_864, 25_165_824]) {
      const index = firstSlot(hash, slots);
      t.true(Number.isInteger(index) && index >= 0 && index < slots, `${hash} in ${slots}`);
      t.is(nextSlot(slots - 1, slots), 0);
    }
  }
});

test('which addresses come together depends on the key', (t) => {
  const [one, other] = [hashKey(1), hashKey(2)];
  const first = hashAddress(0x20010db8, 0, 0, 1, one);
  t.is(hashAddress(0x20010db8, 0, 0, 1, hashKey(1)), first);
  t.not(hashAddress(0x20010db8, 0, 0, 1, other), first);
});
