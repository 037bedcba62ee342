import test from 'ava';
import { type Round, ratios, reportLines } from './report.ts';
import { median, pairedRatio } from './statistics.ts';

const measured = (gigabits: number, microseconds: number): NonNullable<Round['bis']> => ({
  upBitsPerSecond: gigabits * 1e9,
  downBitsPerSecond: gigabits * 1e9,
  roundTripMicroseconds: microseconds,
});

test('a median is the middle, or the mean of the middle two', (t) => {
  t.is(median([9, 1, 5]), 5);
  t.is(median([1, 2, 3, 10]), 2.5);
  t.is(median([]), Number.NaN);
});

test('a ratio is taken within each round: a machine that slows down for a round changes nothing', (t) => {
  t.deepEqual(pairedRatio([4, 2, 6], [8, 4, 12]), { median: 0.5, least: 0.5, most: 0.5 });
});

test('what is promised is judged by the median, what is not promised is not', (t) => {
  const rounds: Round[] = [
    { native: measured(8, 30), bis: measured(4, 70), tayga: measured(1, 80) },
    { native: measured(8, 30), bis: measured(3, 70), tayga: measured(1, 80) },
    { native: measured(8, 30), bis: measured(4, 70), tayga: measured(0.5, 80) },
  ];
  const found = ratios(rounds);
  t.like(found[0], { title: 'bis / tayga, TCP up', median: 4, least: 3, most: 8, isMet: false });
  t.like(found[2], { title: 'bis / native IPv6, TCP up', median: 0.5, isMet: true });
  t.deepEqual(
    found.filter(({ title }) => title.includes('round trip')).map(({ isMet }) => isMet),
    [undefined, undefined],
  );
});

test('contenders that did not take part are not compared', (t) => {
  const rounds: Round[] = [{ native: measured(8, 30), tayga: measured(1, 80) }];
  t.deepEqual(
    ratios(rounds).map(({ title }) => title),
    ['tayga / native IPv6, TCP up', 'tayga / native IPv6, TCP down'],
  );
  const lines = reportLines(rounds, 'a machine');
  t.true(lines.some((line) => line.startsWith('  native')));
  t.false(lines.some((line) => line.includes('bis')));
});
