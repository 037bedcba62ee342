/** The benchmark's result as data and as text: ratios first, because only they mean something on another machine. */
import type { Measured } from './measure.ts';
import type { Way } from './network.ts';
import { pairedRatio, type Spread, spread } from './statistics.ts';

/** One round: what was measured of each contender. */
export type Round = Readonly<Partial<Record<Way, Measured>>>;

type Quantity = keyof Measured;

/** A ratio of two contenders, and the least it has to be if we promise something about it. */
interface Comparison {
  readonly title: string;
  readonly quantity: Quantity;
  readonly of: Way;
  readonly to: Way;
  readonly atLeast?: number;
}

/** What `bis` is judged by. */
const comparisons: readonly Comparison[] = [
  { title: 'bis / tayga, TCP up', quantity: 'upBitsPerSecond', of: 'bis', to: 'tayga', atLeast: 5 },
  { title: 'bis / tayga, TCP down', quantity: 'downBitsPerSecond', of: 'bis', to: 'tayga', atLeast: 5 },
  { title: 'bis / native IPv6, TCP up', quantity: 'upBitsPerSecond', of: 'bis', to: 'native', atLeast: 0.4 },
  { title: 'bis / native IPv6, TCP down', quantity: 'downBitsPerSecond', of: 'bis', to: 'native', atLeast: 0.4 },
  { title: 'bis / native IPv6, round trip', quantity: 'roundTripMicroseconds', of: 'bis', to: 'native' },
  { title: 'bis / tayga, round trip', quantity: 'roundTripMicroseconds', of: 'bis', to: 'tayga' },
  { title: 'tayga / native IPv6, TCP up', quantity: 'upBitsPerSecond', of: 'tayga', to: 'native' },
  { title: 'tayga / native IPv6, TCP down', quantity: 'downBitsPerSecond', of: 'tayga', to: 'native' },
];

export interface Ratio extends Spread {
  readonly title: string;
  readonly atLeast?: number;
  /** Whether the median is at least what is promised; absent where nothing is. */
  readonly isMet?: boolean;
}

/** The values of one quantity of one contender, round by round; empty if it did not take part. */
function valuesOf(rounds: readonly Round[], way: Way, quantity: Quantity): number[] {
  return rounds.flatMap((round) => round[way]?.[quantity] ?? []);
}

/** All comparisons whose contenders both took part. */
export function ratios(rounds: readonly Round[]): Ratio[] {
  return comparisons.flatMap(({ title, quantity, of, to, atLeast }) => {
    const these = valuesOf(rounds, of, quantity);
    const those = valuesOf(rounds, to, quantity);
    if (these.length === 0 || those.length === 0) return [];
    const ratio = pairedRatio(these, those);
    return atLeast === undefined
      ? [{ title, ...ratio }]
      : [{ title, ...ratio, atLeast, isMet: ratio.median >= atLeast }];
  });
}

const twoDigits = (value: number): string => value.toFixed(2);

/** One contender's three quantities as a line of a table. */
function absoluteLine(rounds: readonly Round[], way: Way): string {
  const column = (quantity: Quantity, scale: number, digits: number): string => {
    const { median, least, most } = spread(valuesOf(rounds, way, quantity));
    const text = [median, least, most].map((value) => (value / scale).toFixed(digits));
    return `${text[0]} (${text[1]}–${text[2]})`.padEnd(20);
  };
  const quantities = [column('upBitsPerSecond', 1e9, 2), column('downBitsPerSecond', 1e9, 2)];
  return `  ${way.padEnd(8)}${quantities.join('')}${column('roundTripMicroseconds', 1, 0)}`.trimEnd();
}

/** The report as lines of text: ratios as median (least–most over the rounds), then this machine's own figures. */
export function reportLines(rounds: readonly Round[], machine: string): string[] {
  const present = Object.keys(rounds[0] ?? {}) as Way[];
  return [
    `Ratios, paired within each of ${rounds.length} rounds: median (least–most)`,
    ...ratios(rounds).map(({ title, median, least, most, atLeast, isMet }) => {
      const promise = atLeast === undefined ? '' : `   ${isMet ? 'met' : 'MISSED'}: at least ${atLeast}`;
      return `  ${title.padEnd(32)}${twoDigits(median)} (${twoDigits(least)}–${twoDigits(most)})${promise}`;
    }),
    '',
    `Figures of this machine only (${machine})`,
    `  ${''.padEnd(8)}${'TCP up Gbit/s'.padEnd(20)}${'TCP down Gbit/s'.padEnd(20)}round trip µs`,
    ...present.map((way) => absoluteLine(rounds, way)),
  ];
}
