import test from 'ava';
import { verdict, verdicts } from '../../translator/verdict.ts';
import { base, createCounters, direction, extra, readCounters } from './counters.ts';

test('every verdict and every other event has a slot of its own in each direction', (t) => {
  const counters = createCounters();
  const offsets = [...verdicts.map((name) => verdict[name]), ...Object.values(extra)];
  const slots = Object.values(direction).flatMap((way) => offsets.map((offset) => base(way) + offset));
  t.is(new Set(slots).size, slots.length);
  t.is(slots.length, counters.length);
  t.deepEqual(
    slots.toSorted((a, b) => a - b),
    [...counters.keys()],
  );
});

test('words are given to the slots they are counted in', (t) => {
  for (const [name, slot] of [
    ['device-refused', extra.DEVICE_REFUSED],
    ['errors-sent', extra.ERRORS_SENT],
    ['errors-limited', extra.ERRORS_LIMITED],
    ['dropped-stranger', verdict['dropped-stranger']],
  ] as const) {
    const counters = createCounters();
    counters[base(direction.SIX_TO_FOUR) + slot] = 7;
    t.deepEqual(readCounters([counters], direction.SIX_TO_FOUR), { packets: 0, octets: 0, verdicts: { [name]: 7 } });
    t.deepEqual(readCounters([counters], direction.FOUR_TO_SIX), { packets: 0, octets: 0, verdicts: {} });
  }
});

test('queues are added up, and numbers over 2^32 stay exact', (t) => {
  const blocks = [createCounters(), createCounters()];
  for (const counters of blocks) {
    counters[base(direction.FOUR_TO_SIX) + verdict.translated] = 2 ** 40;
    counters[base(direction.FOUR_TO_SIX) + extra.OCTETS] = 2 ** 50 + 1;
  }
  t.deepEqual(readCounters(blocks, direction.FOUR_TO_SIX), {
    packets: 2 ** 41,
    octets: 2 ** 51 + 2,
    verdicts: { translated: 2 ** 41 },
  });
});

test('other threads see what is counted', (t) => {
  const counters = createCounters();
  t.true(counters.buffer instanceof SharedArrayBuffer);
  new Float64Array(counters.buffer)[base(direction.FOUR_TO_SIX)] = 3;
  t.is(readCounters([counters], direction.FOUR_TO_SIX).packets, 3);
});
