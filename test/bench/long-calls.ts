/**
 * How long calls take, as processor time of the thread, since other programs take their turns too; and with the pauses of the
 * collector told apart, which end with the garbage.
 */
import koffi from 'koffi';
import { length, longestPause, type Stretch, watchPauses } from './pauses.ts';

/** Calls shorter than this are not looked at closely, in milliseconds. */
const SHORT = 0.2;
/** The processor time is asked for once in so many calls: it takes as long as a call. */
const BETWEEN_LOOKS = 64;

/** A call, and the most processor time it can have taken. */
interface Call extends Stretch {
  readonly used: number;
}

/** Calls something for `count` numbers, from `first` on: how many thousand a second, the longest call, and the longest pause. */
export async function timeCalls(first: number, count: number, call: (number: number) => void): Promise<string> {
  const endOfPauses = watchPauses();
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
  const pauses = await endOfPauses();
  const longest = Math.max(SHORT, ...calls.map((each) => Math.min(length(each), each.used) - paused(each, pauses)));
  const rate = Math.round(count / (before - began));
  return `${rate} thousand/s, ${longest.toFixed(1)} ms at most, and ${longestPause(pauses)}`;
}

const THREAD_CPUTIME = 3;
const clockGettime = koffi.load('libc.so.6').func('int clock_gettime(int id, void *time)');
const timespec = new BigInt64Array(new ArrayBuffer(16));

/** Milliseconds of processor time of this thread; what Node says of it is as coarse as the kernel's tick. */
function threadTime(): number {
  clockGettime(THREAD_CPUTIME, timespec);
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6;
}

function paused(call: Stretch, pauses: readonly Stretch[]): number {
  const shared = pauses.map(({ from, to }) => Math.max(0, Math.min(to, call.to) - Math.max(from, call.from)));
  return shared.reduce((sum, each) => sum + each, 0);
}
