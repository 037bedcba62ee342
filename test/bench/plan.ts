/** How long the benchmark measures, and how often. */
export interface Plan {
  /** Every way is measured once in a round; ratios are taken within it. */
  readonly rounds: number;
  /** The length of one measurement that has a length, in seconds. */
  readonly seconds: number;
  /** How long the daemons are left alone to see what they use when idle, in seconds; 0: not measured. */
  readonly idleSeconds: number;
}

export const plans = {
  quick: { rounds: 5, seconds: 1, idleSeconds: 0 },
  full: { rounds: 10, seconds: 3, idleSeconds: 60 },
} as const satisfies Record<string, Plan>;
