/** What a killed agent had is there for a moment after it: whoever needs it tries again. */
import { setTimeout as sleep } from 'node:timers/promises';

/** How long what is taken is waited for. */
const MOST_TRIES = 10;
const TRY_MILLISECONDS = 100;

/** Whether something could not be made because it is there, or is somebody else's. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && /File exists|Operation not permitted/.test(error.message);
}

/** What a killed agent had is gone up to 0.3 s after it; for so long, what is taken is tried again. */
export async function patiently<T>(make: () => T): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return make();
    } catch (error) {
      if (!isTaken(error) || tries === MOST_TRIES) throw error;
      await sleep(TRY_MILLISECONDS);
    }
  }
}
