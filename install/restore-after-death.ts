/**
 * What the janitor does when its daemon is dead. koffi is loaded only when flows are to be forgotten, last but for the
 * guard, so that nothing native can keep it from the rest.
 */
import { writeSync } from 'node:fs';
import { linuxHost } from './host.ts';
import { currentPlace } from './place.ts';
import { restore } from './restore.ts';

/** Undoes what the journal says. What cannot be undone is told on standard error; never rejects. */
export async function restoreAfterDeath(journal: string): Promise<void> {
  try {
    const { failures } = await restore(journal, linuxHost(), currentPlace());
    failures.forEach(say);
  } catch (error) {
    say(error);
  }
}

function say(error: unknown): void {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${error.cause}` : '';
  try {
    writeSync(2, `bis: after the daemon ended: ${error instanceof Error ? error.message : error}${cause}\n`);
  } catch {
    // Nobody is there any more to be told.
  }
}
