/** The bump's journal: what an earlier agent left is undone first, and from then on a janitor waits for our own death (S5). */
import type { Host } from '../install/host.ts';
import { Journal } from '../install/journal.ts';
import { currentPlace } from '../install/place.ts';
import { restore } from '../install/restore.ts';
import { Janitor } from './janitor.ts';
import type { Log } from './log.ts';
import type { UndoList } from './undo-list.ts';

export interface JournalPlace {
  readonly path: string;
  /** A descriptor of the instance lock, which the journal belongs to. */
  readonly lock: number | undefined;
}

/** Undoes what is left and begins a journal. Rejects when one of it cannot be done: then nothing may be changed. */
export async function beginJournal(
  { path, lock }: JournalPlace,
  host: Host,
  log: Log,
  undoing: UndoList,
): Promise<Journal> {
  if (lock === undefined) throw new Error('Cannot begin a journal without the instance lock');
  const { undone, failures } = await restore(path, host, currentPlace());
  if (undone.length > 0) log.warn({ undone }, 'An earlier agent was killed: what it did is undone now');
  if (failures.length > 0) throw joined(failures);
  const janitor = await Janitor.start({ journal: path, lock, log });
  undoing.add('end the janitor', () => janitor.end());
  const journal = new Journal(path, currentPlace(), host);
  undoing.add('put back what outlives the process', async () => {
    const left = await journal.undo();
    if (left.length > 0) throw joined(left);
  });
  return journal;
}

function joined(failures: readonly Error[]): Error {
  return new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}
