/**
 * How long calls take, as processor time of the thread, since other programs take their turns too; and with the pauses of the
 * collector told apart, which end with the garbage.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';

/** Calls shorter than this are not looked at closely, in milliseconds. */
const SHORT = 0.2;
/** The processor time is asked for once in so many calls: it takes as long as a call. */
const BETWEEN_LOOKS = 64;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A call, and the most processor time it can have taken. */
interface Call extends Stretch {
  readonly used: number;
}

/** Calls something for `count` numbers, from `first` on: how many thousand a second, the longest call, and the longest pause. */
export async function timeCalls(first: number, count: number, call: (number: number) => void): Promise<string> {
  const pauses: Stretch[] = [];
  const note = (entries: readonly PerformanceEntry[]): void => {
    for (const { startTime, duration } of entries) pauses.push({ from: startTime, to: startTime + duration });
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  const calls: Call[] = [];
  const began = performance.now();
  let before = began;
  let usedBefore = threadTime();
  for (let number = first; number < first + count; number++) {
    call(number);
    const after = performance.now();
    const isLong = after - before > SHORT;
    if (isLong || number % BETWEEN_LOOKS === 0) {
      const used = threadTime();
      if (isLong) calls.push({ from: before, to: after, used: used - usedBefore });
      usedBefore = used;
    }
    before = after;
  }
  // The observer hears of the last ones afterwards.
  await sleep(20);
  note(observer.takeRecords());
  observer.disconnect();
  const longest = Math.max(SHORT, ...calls.map((each) => Math.min(length(each), each.used) - paused(each, pauses)));
  const pause = Math.max(0, ...pauses.map(length));
  const rate = Math.round(count / (before - began));
  return `${rate} thousand/s, ${longest.toFixed(1)} ms at most, and ${pause.toFixed(1)} ms of the collector`;
}

const THREAD_CPUTIME = 3;
const clockGettime = koffi.load('libc.so.6').func('int clock_gettime(int id, void *time)');
const timespec = new BigInt64Array(new ArrayBuffer(16));

/** Milliseconds of processor time of this thread; what Node says of it is as coarse as the kernel's tick. */
function threadTime(): number {
  clockGettime(THREAD_CPUTIME, timespec);
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6;
}

function length({ from, to }: Stretch): number {
  return to - from;
}

function paused(call: Stretch, pauses: readonly Stretch[]): number {
  const shared = pauses.map(({ from, to }) => Math.max(0, Math.min(to, call.to) - Math.max(from, call.from)));
  return shared.reduce((sum, each) => sum + each, 0);
}
