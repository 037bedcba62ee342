/** The benchmark's result as data and as text: ratios first, because only they mean something on another machine. */
import { comparisons } from './comparisons.ts';
import type { Way } from './network.ts';
import { type Figures, type Quantity, quantities, type Round as Rounds } from './quantity.ts';
import { verdictText } from './section.ts';
import { pairedRatio, type Spread, spread } from './statistics.ts';

/** One round: what was measured of each contender. */
export type Round = Rounds<Way>;

export interface Ratio extends Spread {
  readonly quantity: Quantity;
  readonly of: Way;
  readonly to: Way;
  readonly limit?: number;
  readonly aim?: number;
  /** Whether the median is what it is judged by, and what it is meant to be; absent where nothing is said. */
  readonly isMet?: boolean;
  readonly isAimMet?: boolean;
}

/** The rounds in which each of `those` has a figure. */
function valuesOf(rounds: readonly Round[], quantity: Quantity, ...those: readonly Way[]): number[][] {
  const has = (figures: Figures | undefined): boolean => figures?.[quantity] !== undefined;
  const paired = rounds.filter((round) => those.every((way) => has(round[way])));
  return those.map((way) => paired.map((round) => round[way]?.[quantity] as number));
}

/** All comparisons whose contenders both took part. */
export function ratios(rounds: readonly Round[]): Ratio[] {
  return comparisons.flatMap((comparison) => {
    const { quantity, of, to, limit, aim } = comparison;
    const [these = [], those = []] = valuesOf(rounds, quantity, of, to);
    if (these.length === 0) return [];
    const ratio = pairedRatio(these, those);
    const reaches = (bound: number): boolean =>
      quantities[quantity].isMoreBetter ? ratio.median >= bound : ratio.median <= bound;
    return {
      ...comparison,
      ...ratio,
      ...(limit === undefined ? {} : { isMet: reaches(limit) }),
      ...(aim === undefined ? {} : { isAimMet: reaches(aim) }),
    };
  });
}

const twoDigits = (value: number): string => value.toFixed(2);
const spreadText = (text: (value: number) => string, { median, least, most }: Spread): string =>
  `${text(median)} (${text(least)}–${text(most)})`;

/** A ratio as a line: `TCP up                  13.81 (12.07–14.61)   met: at least 6`. */
function ratioLine(ratio: Ratio): string {
  const { title, isMoreBetter } = quantities[ratio.quantity];
  const bound = isMoreBetter ? 'at least' : 'at most';
  const promise = ratio.isMet === undefined ? '' : `   ${verdictText(ratio.isMet, `${bound} ${ratio.limit}`)}`;
  const aim = ratio.isAimMet === undefined ? '' : `   aim ${ratio.aim}: ${ratio.isAimMet ? 'met' : 'not met'}`;
  return `    ${title.padEnd(32)}${spreadText(twoDigits, ratio).padEnd(22)}${promise}${aim}`.trimEnd();
}

/** One quantity of all ways that have it. */
function absoluteLine(rounds: readonly Round[], quantity: Quantity, present: readonly Way[]): string {
  const { title, unit, scale, digits } = quantities[quantity];
  const columns = present.map((way) => {
    const [values = []] = valuesOf(rounds, quantity, way);
    const text = values.length === 0 ? '–' : spreadText((value) => (value / scale).toFixed(digits), spread(values));
    return text.padEnd(24);
  });
  return `    ${title.padEnd(32)}${unit.padEnd(12)}${columns.join('')}`.trimEnd();
}

const names: Readonly<Record<Way, string>> = { native: 'native IPv6', bis: 'bis', tayga: 'tayga' };

/** The report as lines of text: ratios as median (least–most over the rounds), then this machine's own figures. */
export function reportLines(rounds: readonly Round[], machine: string): string[] {
  const present = Object.keys(rounds[0] ?? {}) as Way[];
  const measured = (Object.keys(quantities) as Quantity[]).filter((quantity) =>
    present.some((way) => rounds.some((round) => round[way]?.[quantity] !== undefined)),
  );
  const found = Object.entries(Object.groupBy(ratios(rounds), ({ to }) => to));
  return [
    `Ratios, paired within each of ${rounds.length} rounds: median (least–most)`,
    ...found.flatMap(([to, those]) => [`  bis / ${names[to as Way]}`, ...those.map(ratioLine)]),
    '',
    `Figures of this machine only (${machine})`,
    `    ${''.padEnd(44)}${present.map((way) => names[way].padEnd(24)).join('')}`.trimEnd(),
    ...measured.map((quantity) => absoluteLine(rounds, quantity, present)),
  ];
}
