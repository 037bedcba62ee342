/** Caches of this host, flushed by the command where the daemon may not (E16): it runs as a user of its own, and we as root. */
import { statSync } from 'node:fs';
import { runtimePaths } from '../control/runtime-directory.ts';
import type { FlushedCaches } from '../network/stub-caches.ts';
import { complain } from './command.ts';

const isRoot = (): boolean => process.geteuid?.() === 0;

/** Flushes all that are there; why one could not be is said. */
export async function flushHostCaches(): Promise<FlushedCaches> {
  const { linuxHost } = await import('../../install/host.ts');
  const { StubCaches } = await import('../network/stub-caches.ts');
  const warn = ({ err }: { err: unknown }, text: string): void =>
    complain(err instanceof Error ? `${text} (${err.message})` : text);
  return new StubCaches({ host: linuxHost(), log: { warn: warn as never } }).flush();
}

/** Flushes what the daemon could not. Returns what is left; why is said. */
export async function flushInstead(unflushed: readonly string[]): Promise<readonly string[]> {
  if (unflushed.length === 0) return [];
  if (isRoot()) return (await flushHostCaches()).unflushed;
  complain(`Not flushed: ${unflushed.join(', ')}; 'bis flush --caches' as root does it`);
  return unflushed;
}

/** Whether a daemon of another user runs there, and we are root: what it comes to or from is then to be flushed by us. */
export function isForUs(runtimeDirectory: string): boolean {
  try {
    return isRoot() && statSync(runtimePaths(runtimeDirectory).controlSocket).uid !== 0;
  } catch {
    return false;
  }
}
