/** Medians and paired ratios: what turns rounds of measurements into statements that hold on another machine. */

/** The middle value, or the mean of the middle two; `NaN` of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that `percent` of 100 values are not above (nearest rank); `NaN` of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** The median of several rounds, and the range they fell in. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * The ratio of two contenders, taken within each round and only then over the rounds: what slows a whole round down
 * (another program, a slower clock) slows both and cancels out.
 */
export function pairedRatio(these: readonly number[], those: readonly number[]): Spread {
  return spread(these.map((value, round) => value / (those[round] ?? Number.NaN)));
}
