/**
 * One timer for all that is done every so often. To be woken costs more than most of what is then done, 0.2 ms of a
 * processor whose caches others have used meanwhile, so all of it is done at the same moments.
 */

/** All periods are multiples of this, in milliseconds. */
const BEAT_MILLISECONDS = 500;

interface Task {
  readonly beats: number;
  readonly run: () => void;
  /** The beat it has been waiting since. */
  since: number;
}

const tasks = new Set<Task>();
/** Beats are counted from here on. */
const origin = performance.now();
let timer: NodeJS.Timeout | undefined;

/**
 * Calls `run` every `milliseconds`, a multiple of 500, the first time in so many or sooner; what was
 * missed, as in sleep, is done once. Returns what ends it.
 */
export function everySoOften(milliseconds: number, run: () => void): () => void {
  const beats = milliseconds / BEAT_MILLISECONDS;
  if (!Number.isInteger(beats) || beats < 1) throw new RangeError(`Cannot do anything every ${milliseconds} ms`);
  const task: Task = { beats, run, since: beatNow() };
  tasks.add(task);
  schedule();
  return () => {
    tasks.delete(task);
    schedule();
  };
}

const beatNow = (): number => Math.floor((performance.now() - origin) / BEAT_MILLISECONDS);

/** The beat at which it is to be done next. */
const next = ({ beats, since }: Task): number => (Math.floor(since / beats) + 1) * beats;

/** Sets the timer to the next beat at which there is anything to do; without tasks there is none. */
function schedule(): void {
  clearTimeout(timer);
  if (tasks.size === 0) return;
  const first = Math.min(...[...tasks].map(next));
  // Never a moment too early: that would be to be woken twice.
  const wait = Math.ceil(origin + first * BEAT_MILLISECONDS - performance.now()) + 1;
  timer = setTimeout(beat, Math.max(1, wait));
}

function beat(): void {
  timer = undefined;
  const now = beatNow();
  try {
    for (const task of [...tasks]) {
      if (next(task) > now || !tasks.has(task)) continue;
      task.since = now;
      task.run();
    }
  } finally {
    schedule();
  }
}
