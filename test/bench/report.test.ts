import test from 'ava';
import { picture } from './picture.ts';
import { type Quantity, quantities } from './quantity.ts';
import { type Round, ratios, reportLines } from './report.ts';
import { isMissed, verdictText } from './section.ts';
import { median, pairedRatio, percentile } from './statistics.ts';

/** What a round measured, all of it from one figure where more is better and one where less is. */
const measured = (more: number, less: number): NonNullable<Round['bis']> =>
  Object.fromEntries(
    Object.entries(quantities).map(([quantity, { isMoreBetter }]) => [quantity, isMoreBetter ? more : less]),
  );
const found = (rounds: readonly Round[], to: string, quantity: Quantity) =>
  ratios(rounds).find((ratio) => ratio.to === to && ratio.quantity === quantity);

const rounds: Round[] = [
  { native: measured(8, 30), bis: measured(4, 70), tayga: measured(1, 80) },
  { native: measured(8, 30), bis: measured(3, 70), tayga: measured(1, 80) },
  { native: measured(8, 30), bis: measured(4, 90), tayga: measured(0.5, 80) },
];

test('a median is the middle, or the mean of the middle two', (t) => {
  t.is(median([9, 1, 5]), 5);
  t.is(median([1, 2, 3, 10]), 2.5);
  t.is(median([]), Number.NaN);
});

test('a percentile is the value that so many of 100 are not above', (t) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.is(percentile(values, 50), 50);
  t.is(percentile(values, 99), 99);
  t.is(percentile([7], 99), 7);
  t.is(percentile([], 50), Number.NaN);
});

test('a ratio is taken within each round: a machine that slows down for a round changes nothing', (t) => {
  t.deepEqual(pairedRatio([4, 2, 6], [8, 4, 12]), { median: 0.5, least: 0.5, most: 0.5 });
});

test('what is promised is judged by the median, what is not promised is not', (t) => {
  t.like(found(rounds, 'tayga', 'tcpUp'), { median: 4, least: 3, most: 8, isMet: false });
  t.like(found(rounds, 'native', 'tcpUp'), { median: 0.5, isMet: true, isAimMet: false });
  t.is(found(rounds, 'native', 'tcpUp8')?.isMet, undefined);
});

test('where less is better, so is a smaller ratio', (t) => {
  t.like(found(rounds, 'tayga', 'echoHalf'), { median: 0.875, isMet: true, isAimMet: true });
  t.like(found(rounds.slice(2), 'tayga', 'echoHalf'), { median: 1.125, isMet: false, isAimMet: false });
});

test('contenders that did not take part are not compared, and what one of them cannot do is not either', (t) => {
  const some: Round[] = rounds.map(({ native = {}, bis = {} }) => ({ native, bis }));
  t.true(ratios(some).every(({ to }) => to === 'native'));
  const lines = reportLines(some, 'a machine');
  t.true(lines.includes('  bis / native IPv6'));
  t.false(lines.some((line) => line.includes('tayga')));
  const { newName: _, ...without } = measured(1, 1);
  t.is(found([{ native: measured(1, 1), bis: without }], 'native', 'newName'), undefined);
});

test('a line says whether a limit was missed', (t) => {
  t.true(isMissed(`12 ns   ${verdictText(false, 'at most 10 ns')}`));
  t.false(isMissed(`12 ns   ${verdictText(true, 'at most 15 ns')}`));
});

test('the picture has a bar for every ratio, to the right of 1 where bis is better', (t) => {
  const drawn = picture(ratios(rounds), '2026-01-01, <a> & b');
  t.is([...drawn.matchAll(/<rect x/g)].length, ratios(rounds).length);
  t.true(drawn.includes('2026-01-01, &lt;a> &amp; b'));
  // The axis has its 1 in the middle, at 530: four times as good is two fifths of the way to 32.
  t.true(drawn.includes('<rect x="530.0" y="87" width="112.0"'));
  t.notRegex(drawn, /NaN|undefined/);
});
