/**
 * The answer table against a server that answers A and AAAA in every way there is, right and wrong: every pair of them, over
 * UDP and TCP, asked by dig and by glibc. Needs root.
 */
import test from 'ava';
import { asGlibc, type Court, dig, each, FAULTY, glibc, setCourt } from './judging.ts';

/** How A may be answered, by what that counts as in the table of requirements; and the same for AAAA. */
const forA = {
  usable: ['good', 'slow', 'forged', 'truncated', 'chain16', 'mixed'],
  excluded: ['excluded'],
  nodata: ['nodata', 'poisoned'],
  nxdomain: ['nx'],
  error: ['servfail', 'refused'],
  silence: ['silent', 'garbage', 'wrongid', 'wrongname', 'chain17'],
} as const;
const forAaaa = {
  usable: ['good', 'slow', 'forged', 'truncated', 'chain16', 'mixed'],
  empty: ['excluded', 'nodata', 'nx', 'poisoned'],
  error: ['servfail', 'refused'],
  silence: ['silent', 'garbage', 'wrongid', 'wrongname', 'chain17'],
} as const;

/** The table, row by row as it is written there; the first that fits counts. `A`: as A was answered. */
const table: readonly (readonly [keyof typeof forA, 'any' | keyof typeof forAaaa, 'syn' | 'A' | 'SERVFAIL'])[] = [
  ['usable', 'any', 'A'],
  ['excluded', 'usable', 'syn'],
  ['excluded', 'any', 'A'],
  ['nodata', 'usable', 'syn'],
  ['nodata', 'empty', 'A'],
  ['nodata', 'any', 'SERVFAIL'],
  ['nxdomain', 'usable', 'syn'],
  ['nxdomain', 'any', 'A'],
  ['error', 'usable', 'syn'],
  ['error', 'any', 'A'],
  ['silence', 'usable', 'syn'],
  ['silence', 'any', 'SERVFAIL'],
];

/** What an A answer alone looks like. */
const alone: Readonly<Record<string, string>> = {
  excluded: '127.0.0.2',
  nodata: 'NODATA',
  // The answer as it came, with what is beside the question: dig shows it, glibc and we do not believe it.
  poisoned: '192.0.2.66',
  nx: 'NXDOMAIN',
  servfail: 'SERVFAIL',
  refused: 'REFUSED',
  mixed: '127.0.0.2 192.0.2.7',
};

interface Case {
  readonly name: string;
  readonly expected: string;
}

const cases: Case[] = Object.entries(forA).flatMap(([a, ways]) =>
  Object.entries(forAaaa).flatMap(([aaaa, others]) => {
    const [, , decision] = table.find(([rowA, rowAaaa]) => rowA === a && (rowAaaa === 'any' || rowAaaa === aaaa)) ?? [];
    return ways.flatMap((way) =>
      others.map((other) => ({
        name: `${way}-${other}.fault.example`,
        expected: decision === 'syn' ? '1 spool' : decision === 'A' ? (alone[way] ?? '192.0.2.7') : 'SERVFAIL',
      })),
    );
  }),
);

/** The cases that did not end as expected, and how they did. */
function wrong(
  found: (one: Case, index: number) => string | undefined,
  as = (expected: string): string => expected,
): string[] {
  return cases.flatMap((one, index) => {
    const got = found(one, index);
    return got === as(one.expected) ? [] : [`${one.name}: ${got}, not ${as(one.expected)}`];
  });
}

let court: Court;
test.before(async () => {
  court = await setCourt(FAULTY);
  await court.start();
});
test.after.always(() => court?.lab.demolish());

for (const over of ['+notcp', '+tcp']) {
  test.serial(`E2, E3, E9: every row of the answer table, with dig ${over}`, async (t) => {
    t.timeout(240_000);
    t.true(cases.length > 200);
    const got = await each(cases, ({ name }) => dig(court.dual, FAULTY, name, over));
    t.deepEqual(
      wrong((_, index) => got[index]),
      [],
    );
  });
}

test.serial('E26: every row of the answer table, with glibc, which waits for 5 s', async (t) => {
  t.timeout(240_000);
  const got = await glibc(
    court.dual,
    cases.map(({ name }) => name),
  );
  const found = ({ name }: Case): string | undefined => got[name];
  t.deepEqual(
    wrong(found, (expected) => (expected === alone.poisoned ? '' : asGlibc(expected))),
    [],
  );
});

test.serial('D1, D3: nothing that was forged, or beside the question, was ever mapped', async (t) => {
  const { stdout } = await court.agent.tell('mappings');
  t.regex(stdout, /2001:db8:6::9/);
  t.notRegex(stdout, /bad/);
  t.true((await court.agent.status())?.resolver?.counters.mismatched !== 0);
});

test.serial('every row has been counted under its name', async (t) => {
  const rows = (await court.agent.status())?.resolver?.answerTable ?? {};
  const wanted = Object.keys(forA).flatMap((a) =>
    a === 'usable' ? ['usable/any'] : Object.keys(forAaaa).map((aaaa) => `${a}/${aaaa}`),
  );
  t.deepEqual(
    wanted.filter((row) => !((rows[row] ?? 0) > 0)),
    [],
  );
});

test.serial('the host is as it was', async (t) => {
  t.deepEqual(await court.stop(), []);
});
