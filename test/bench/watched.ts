/** How long something that is done in slices keeps the thread. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { longestPause, watchPauses } from './pauses.ts';

/**
 * How long something takes in all, the longest that it kept the thread for itself, the collector included, and the longest pause
 * of the collector.
 */
export async function watched(what: () => Promise<void>): Promise<string> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const pauses = watchPauses();
  delay.enable();
  const began = performance.now();
  await what();
  const milliseconds = performance.now() - began;
  delay.disable();
  // What is measured is how late a timer of 1 ms is, and that has the millisecond in it.
  const late = Math.max(0, delay.max / 1e6 - 1);
  return `${milliseconds.toFixed(0)} ms, ${late.toFixed(1)} ms at a time at most, and ${longestPause(await pauses())}`;
}
