/** Undoing what a killed agent has left, as its journal says (S5). Doing it twice does what doing it once does. */
import type { Host } from './host.ts';
import { type JournalContent, type Noted, readJournal, removeJournal } from './journal.ts';
import { isNamespaceThere, type Place } from './place.ts';
import { isArgv, undo } from './step.ts';

export interface Restored {
  /** Titles of the steps that were undone, in the order they had been done; none, an empty list. */
  readonly undone: readonly string[];
  /** What could not be undone; then the journal stays. */
  readonly failures: readonly Error[];
}

/** Whether a step's effect is on a disk, and so outlasts a boot. */
function isOnDisk({ undo }: Noted): boolean {
  return !isArgv(undo) && 'path' in undo && !/^\/(?:proc|sys|run)\//.test(undo.path);
}

/** Those of a journal's steps whose effect can be here and now. Throws when it is in a namespace we are not in. */
function standing(
  { place, noted }: JournalContent,
  here: Place,
  isThere: (namespace: string) => boolean,
): readonly Noted[] {
  if (place.boot !== here.boot) return noted.filter(isOnDisk);
  if (place.namespace === here.namespace) return noted;
  if (!isThere(place.namespace)) return noted.filter(isOnDisk);
  throw new Error(`Cannot undo what was done in another network namespace, ${place.namespace}: restore it there`);
}

/**
 * Undoes what the journal `path` says, if there is one; nobody else may do so at the same time, so the caller holds the
 * instance lock. Throws when the journal is not ours, or belongs to another network namespace that is still there.
 */
export async function restore(
  path: string,
  host: Host,
  here: Place,
  isThere: (namespace: string) => boolean = isNamespaceThere,
): Promise<Restored> {
  const content = readJournal(path);
  if (content === undefined) {
    removeJournal(path);
    return { undone: [], failures: [] };
  }
  const steps = standing(content, here, isThere);
  const failures = await undo(
    steps.map((noted) => ({ ...noted, run: noted.undo })),
    host,
  );
  if (failures.length === 0) removeJournal(path);
  return { undone: steps.map(({ title }) => title), failures };
}
