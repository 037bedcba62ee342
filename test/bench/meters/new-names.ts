/**
 * From a name nobody has asked for to an open connection: a question, an answer, SYN and SYN ACK. Every name has an
 * address of its own, so `bis` makes a mapping for each. tayga answers no names and has no figure.
 */
import path from 'node:path';
import { freshNames } from '../network.ts';
import { percentile } from '../statistics.ts';
import type { Meter } from './meter.ts';

const probe = ['python3', path.join(import.meta.dirname, '../probe.py')];
const COUNT = 100;

/** The next number for each way. */
const used = new Map<string, number>();

export const newNames: Meter = {
  name: 'new-names',
  serve: async () => {},
  async measure({ way, client }) {
    if (way === 'tayga') return {};
    const first = used.get(way) ?? 0;
    used.set(way, first + COUNT);
    const family = way === 'native' ? '6' : '4';
    const argv = [...probe, 'names', family, freshNames(way), String(first), String(COUNT)];
    const times = (await client.must(argv, {}, 60_000))
      .trim()
      .split('\n')
      .map((text) => Number(text) / 1e6);
    return { newName: percentile(times, 50), newNameMost: percentile(times, 99) };
  },
};
