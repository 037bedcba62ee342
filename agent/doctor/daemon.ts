/** The daemon and what is kept: whether one runs and what it says, its directories, and what a killed one left. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { readJournal } from '../../install/journal.ts';
import type { Status } from '../control/agent.ts';
import type { RuntimePaths } from '../control/runtime-directory.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

/** What a running daemon says of itself; `undefined` when none runs. */
export function daemonFindings(status: Status | undefined): Finding[] {
  if (status === undefined) return [pass('daemon', 'No daemon is running.')];
  const text = `A daemon is running (pid ${status.pid}), and is ${status.state}.`;
  const reasons = status.reasons.map(({ code, text: why, command }) => warn(code, why, command));
  const detached = status.detached.map(({ device, prefix, because }) =>
    warn('detached', `New flows get no source of ${prefix} on ${device}, whose routers are gone: ${because}.`),
  );
  return [status.state === 'degraded' ? warn('daemon', text) : pass('daemon', text), ...reasons, ...detached];
}

/** Whether files can be made in a directory, or the directory in the first one above it that is there. */
export function directoryFinding(code: string, directory: string): Finding {
  let place = directory;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
    return pass(code, `${directory} can be written.`);
  } catch {
    return warn(code, `${directory} cannot be written.`, 'run it as root, or name another directory');
  }
}

/** Whether a killed daemon left something that nobody undid. */
export function journalFinding({ journal }: RuntimePaths, isRunning: boolean): Finding {
  try {
    const content = isRunning ? undefined : readJournal(journal);
    if (content === undefined) return pass('journal', 'Nothing is left of a daemon that was killed.');
    return fail(
      'journal',
      `A killed daemon left ${content.noted.length} changes to this host in ${journal}.`,
      'bis restore',
    );
  } catch (error) {
    return warn('journal', `${error instanceof Error ? error.message : error}.`);
  }
}
