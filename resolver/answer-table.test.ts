import test, { type ExecutionContext } from 'ava';
import type { Reply } from './fixture/surroundings.ts';
import {
  excludedA,
  excludedAaaa,
  nodata,
  nxdomain,
  type Outcome,
  play,
  refused,
  servfail,
  synthesized,
  synthesizedFor30,
  usableA,
  usableAaaa,
} from './fixture/synthesis-scene.ts';
import { printed } from './fixture/zone-line.ts';

const wasSynthesized = (t: ExecutionContext, { answers, rcode }: Outcome, expected: string[], row: string): void => {
  t.is(rcode, 'NOERROR', row);
  t.deepEqual(answers, expected, row);
};

type Check = (t: ExecutionContext, outcome: Outcome, row: string) => void;
/** A said, AAAA said, what is to come out, and how that is seen. */
interface Row {
  a: [string, Reply];
  aaaa: Record<string, Reply>;
  answer: string;
  check: Check;
}

const table: Row[] = [
  {
    a: ['usable', usableA],
    aaaa: {
      usable: usableAaaa,
      none: nodata,
      error: servfail,
      slow: { ...usableAaaa, afterMs: 3000 },
      silence: 'silence',
    },
    answer: 'the A answer at once',
    check(t, outcome, row) {
      t.deepEqual(outcome.answers, ['host6.example. 300 IN A 192.0.2.7'], row);
      t.is(outcome.afterMs, 0, row);
      t.deepEqual(outcome.promised, [], row);
    },
  },
  {
    a: ['all excluded', excludedA],
    aaaa: { usable: usableAaaa, 'usable after 2 s': { ...usableAaaa, afterMs: 2000 } },
    answer: 'synthesized',
    check: (t, outcome, row) => wasSynthesized(t, outcome, synthesized, row),
  },
  {
    a: ['all excluded', excludedA],
    aaaa: { NODATA: nodata, excluded: excludedAaaa, NXDOMAIN: nxdomain, error: servfail, silence: 'silence' },
    answer: 'the A answer',
    check: (t, outcome, row) => t.deepEqual(outcome.answers, ['host6.example. 300 IN A 127.0.0.2'], row),
  },
  {
    a: ['NODATA', nodata],
    aaaa: { usable: usableAaaa },
    answer: 'synthesized',
    check: (t, outcome, row) => wasSynthesized(t, outcome, synthesizedFor30, row),
  },
  {
    a: ['NODATA', nodata],
    aaaa: { NODATA: nodata, excluded: excludedAaaa, NXDOMAIN: nxdomain },
    answer: 'NODATA with its SOA',
    check(t, outcome, row) {
      t.is(outcome.rcode, 'NOERROR', row);
      t.deepEqual(outcome.answers, [], row);
      t.is(printed(outcome.octets).authorities, 1, row);
    },
  },
  {
    a: ['NODATA', nodata],
    aaaa: { error: servfail, REFUSED: refused, silence: 'silence' },
    answer: 'SERVFAIL',
    check: (t, outcome, row) => t.is(outcome.rcode, 'SERVFAIL', row),
  },
  {
    a: ['NXDOMAIN', nxdomain],
    aaaa: { usable: usableAaaa },
    answer: 'synthesized, and noted',
    check(t, outcome, row) {
      wasSynthesized(t, outcome, synthesizedFor30, row);
      t.is(outcome.counters.synthesizedOverNxdomain, 1, row);
    },
  },
  {
    a: ['NXDOMAIN', nxdomain],
    aaaa: { NXDOMAIN: nxdomain, NODATA: nodata, excluded: excludedAaaa, error: servfail, silence: 'silence' },
    answer: 'NXDOMAIN with its SOA',
    check(t, outcome, row) {
      t.is(outcome.rcode, 'NXDOMAIN', row);
      t.is(printed(outcome.octets).authorities, 1, row);
    },
  },
  ...Object.entries({ SERVFAIL: servfail, REFUSED: refused, NOTIMP: { rcode: 4 } }).flatMap(([name, reply]): Row[] => [
    {
      a: [name, reply],
      aaaa: { usable: usableAaaa },
      answer: 'synthesized',
      check: (t, outcome, row) => wasSynthesized(t, outcome, synthesized, row),
    },
    {
      a: [name, reply],
      aaaa: { NODATA: nodata, excluded: excludedAaaa, NXDOMAIN: nxdomain, error: { rcode: 1 }, silence: 'silence' },
      answer: 'the A error',
      check: (t, outcome, row) => t.is(outcome.rcode, name, row),
    },
  ]),
  {
    a: ['silence', 'silence'],
    aaaa: { usable: usableAaaa, 'usable after 1 s': { ...usableAaaa, afterMs: 1000 } },
    answer: 'synthesized 250 ms later',
    check(t, outcome, row) {
      wasSynthesized(t, outcome, synthesized, row);
      t.is(outcome.afterMs, row.includes('after 1 s') ? 1250 : 250, row);
    },
  },
  {
    a: ['silence', 'silence'],
    aaaa: { NODATA: nodata, excluded: excludedAaaa, NXDOMAIN: nxdomain, error: servfail, silence: 'silence' },
    answer: 'SERVFAIL',
    check(t, outcome, row) {
      t.is(outcome.rcode, 'SERVFAIL', row);
      t.is(outcome.counters.timeouts, 1, row);
    },
  },
];

for (const { a, aaaa, answer, check } of table) {
  for (const [said, reply] of Object.entries(aaaa)) {
    const row = `A ${a[0]}, AAAA ${said}`;
    test(`E3, E9: ${row}: ${answer}`, async (t) => check(t, await play({ a: a[1], aaaa: reply }), row));
  }
}
