/**
 * The janitor, a process: does nothing until the daemon that started it is dead, then undoes what the daemon's journal
 * says (S5). Descriptor 0 is a pipe from the daemon, 3 the daemon's instance lock, which thereby is held until all is
 * undone. Plain JavaScript, which loads its work when there is some: types to strip would double its memory, and loading
 * takes 50 ms. `janitor.js JOURNAL`
 */
import { readSync } from 'node:fs';

// Whoever ends the daemon's whole group ends us after the work, by SIGKILL: systemd does, and a terminal cannot.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1']) process.on(signal, () => {});

try {
  // Nothing is ever written to it: it ends when the daemon does.
  readSync(0, Buffer.alloc(1));
} catch {
  // It was reset, which is an end too.
}
const { restoreAfterDeath } = await import('./restore-after-death.ts');
await restoreAfterDeath(process.argv[2]);
process.exit(0);
