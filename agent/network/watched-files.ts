/** Tells at once when files or folders become others, by inotify(7): they may be written, replaced, linked, removed, or come later. */
import { type FSWatcher, type Stats, statSync, watch } from 'node:fs';
import { type Place, placesOf } from './places.ts';

/** What writes a file writes more than once: it is told of when it has been quiet for so long, or at the latest … */
const QUIET_MILLISECONDS = 20;
const LATEST_MILLISECONDS = 100;
/** What appears while watching begins is seen by looking once more, so many times. */
const MOST_ROUNDS = 5;

interface Watcher {
  readonly watcher: FSWatcher;
  /** What may happen there to whom it matters; `undefined`: everything. */
  names: ReadonlySet<string> | undefined;
}

export class WatchedFiles {
  readonly #files: readonly string[];
  readonly #changed: () => void;
  /** By what is watched: a path, and which thing is there now. */
  #watchers = new Map<string, Watcher>();
  #timer: NodeJS.Timeout | undefined;
  #latest = 0;

  /** Calls `changed` soon after one of them may have become another. What cannot be watched (no more than the user may) is not told of. */
  constructor(files: readonly string[], changed: () => void) {
    this.#files = files;
    this.#changed = changed;
    this.arrange();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers = new Map();
  }

  /** Watches what has to be watched now, and nothing else: after a change that was not told of, as of a folder that was moved. */
  arrange(): void {
    for (let rounds = 0; rounds < MOST_ROUNDS && this.#arrangeOnce(); rounds++);
  }

  /** Whether anything had to be changed, so that something may have happened before. */
  #arrangeOnce(): boolean {
    const wanted = namesByPath(this.#files.flatMap(placesOf));
    const next = new Map<string, Watcher>();
    let isOther = false;
    for (const [place, names] of wanted) {
      const key = keyOf(place);
      if (key === undefined) continue;
      const known = this.#watchers.get(key);
      const one = known ?? this.#watch(key, place);
      isOther ||= known === undefined && one !== undefined;
      if (one === undefined) continue;
      one.names = names;
      next.set(key, one);
    }
    for (const [key, { watcher }] of this.#watchers) if (!next.has(key)) watcher.close();
    this.#watchers = next;
    return isOther;
  }

  #watch(key: string, place: string): Watcher | undefined {
    try {
      const watcher = watch(place, { persistent: false });
      const one: Watcher = { watcher, names: undefined };
      watcher.on('error', () => this.#forget(key));
      watcher.on('change', (type, name) => {
        const isItself = place.endsWith(`/${String(name)}`);
        // It has gone, and a number that is free again may be given to what comes in its place.
        if (type === 'rename' && isItself) this.#forget(key);
        if (isItself || one.names?.has(String(name)) !== false) this.#hear();
      });
      return one;
    } catch {
      return undefined;
    }
  }

  #forget(key: string): void {
    this.#watchers.get(key)?.watcher.close();
    this.#watchers.delete(key);
  }

  #hear(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#latest = now + LATEST_MILLISECONDS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.arrange();
        this.#changed();
      },
      Math.max(0, Math.min(QUIET_MILLISECONDS, this.#latest - now)),
    ).unref();
  }
}

/** Everything to be watched, each once. */
function namesByPath(places: readonly Place[]): Map<string, ReadonlySet<string> | undefined> {
  const all = new Map<string, ReadonlySet<string> | undefined>();
  for (const { at, name } of places) {
    const isAll = name === undefined || (all.has(at) && all.get(at) === undefined);
    all.set(at, isAll ? undefined : new Set([...(all.get(at) ?? []), name]));
  }
  return all;
}

/** `undefined` where nothing is. */
function keyOf(place: string): string | undefined {
  let stats: Stats | undefined;
  try {
    stats = statSync(place, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  return stats === undefined ? undefined : `${place} ${stats.dev}:${stats.ino}`;
}
