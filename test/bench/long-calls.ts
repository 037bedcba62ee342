/** How long calls take, with the pauses of the collector told apart: those are nobody's fault, and end with the garbage. */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Calls shorter than this are not looked at for pauses, in milliseconds. */
const SHORT = 0.2;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Calls something for `count` numbers, from `first` on: how many thousand a second, the longest call, and the longest pause. */
export async function timeCalls(first: number, count: number, call: (number: number) => void): Promise<string> {
  const pauses: Stretch[] = [];
  const note = (entries: readonly PerformanceEntry[]): void => {
    for (const { startTime, duration } of entries) pauses.push({ from: startTime, to: startTime + duration });
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const calls: Stretch[] = [];
  const began = performance.now();
  let before = began;
  for (let number = first; number < first + count; number++) {
    call(number);
    const after = performance.now();
    if (after - before > SHORT) calls.push({ from: before, to: after });
    before = after;
  }
  // The observer hears of the last ones afterwards.
  await sleep(20);
  note(observer.takeRecords());
  observer.disconnect();
  const longest = Math.max(SHORT, ...calls.map((each) => length(each) - paused(each, pauses)));
  const pause = Math.max(0, ...pauses.map(length));
  const rate = Math.round(count / (before - began));
  return `${rate} thousand/s, ${longest.toFixed(1)} ms at most, and ${pause.toFixed(1)} ms of the collector`;
}

/** How long something takes in all, and the longest that it kept the thread for itself, the collector included. */
export async function watched(what: () => Promise<void>): Promise<string> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  await what();
  const milliseconds = performance.now() - began;
  delay.disable();
  // What is measured is how late a timer of 1 ms is, and that has the millisecond in it.
  const late = Math.max(0, delay.max / 1e6 - 1);
  return `${milliseconds.toFixed(0)} ms, ${late.toFixed(1)} ms at a time at most`;
}

function length({ from, to }: Stretch): number {
  return to - from;
}

function paused(call: Stretch, pauses: readonly Stretch[]): number {
  const shared = pauses.map(({ from, to }) => Math.max(0, Math.min(to, call.to) - Math.max(from, call.from)));
  return shared.reduce((sum, each) => sum + each, 0);
}
