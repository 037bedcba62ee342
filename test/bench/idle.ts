/** What the translating processes use of the processors while nothing is to be done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contender.ts';
import { processorSeconds } from './processor-time.ts';
import { verdictText } from './section.ts';

/** What `bis` may use: a share of one core. */
const MOST = 0.002;

/** Shares of one core over `seconds`, of each way with a process, all at the same time. */
export async function idleShares(contenders: readonly Contender[], seconds: number): Promise<Record<string, number>> {
  const those = contenders.filter(({ pid }) => pid !== undefined);
  // What was measured last is still being cleared away.
  await sleep(2000);
  const before = those.map(({ pid }) => processorSeconds(pid));
  await sleep(seconds * 1000);
  return Object.fromEntries(
    those.map(({ way, pid }, index) => [way, (processorSeconds(pid) - (before[index] ?? 0)) / seconds]),
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(3)} %`;

export function idleLines(shares: Readonly<Record<string, number>>, seconds: number): string[] {
  return [
    `Share of one core when idle, over ${seconds} s`,
    ...Object.entries(shares).map(([way, share]) => {
      const promise = way === 'bis' ? `   ${verdictText(share <= MOST, `at most ${percent(MOST)}`)}` : '';
      return `    ${way.padEnd(32)}${percent(share).padEnd(22)}${promise}`.trimEnd();
    }),
  ];
}
