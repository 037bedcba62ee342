/** When the collector of garbage had the thread. */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** A stretch of time, in milliseconds of `performance.now()`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Listens for pauses of the collector from now on; the function that is returned ends that, and resolves to them. */
export function watchPauses(): () => Promise<readonly Stretch[]> {
  const pauses: Stretch[] = [];
  const note = (entries: readonly PerformanceEntry[]): void => {
    for (const { startTime, duration } of entries) pauses.push({ from: startTime, to: startTime + duration });
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return async () => {
    // The observer hears of the last ones afterwards.
    await sleep(20);
    note(observer.takeRecords());
    observer.disconnect();
    return pauses;
  };
}

/** How long a stretch is, in milliseconds. */
export function length({ from, to }: Stretch): number {
  return to - from;
}

/** The longest pause in words, to be put behind what was measured beside it. */
export function longestPause(pauses: readonly Stretch[]): string {
  return `${Math.max(0, ...pauses.map(length)).toFixed(1)} ms of the collector`;
}
