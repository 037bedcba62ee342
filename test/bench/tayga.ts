/** Debian's tayga, the translator in C that `bis` is compared with; fetched when the machine does not have it. */
import fs from 'node:fs';
import path from 'node:path';
import { must } from '../lab/program.ts';
import { toolCommand, toolPath, unpackedRoot } from '../lab/tools.ts';

/**
 * The start of a command line that runs tayga. Only the benchmark needs it, so it is unpacked here and not by the
 * bootstrap. Throws when it is neither there nor to be had.
 */
export async function taygaCommand(): Promise<string[]> {
  if (toolPath('tayga') === undefined) {
    const folder = path.join(unpackedRoot, '..', 'packages');
    fs.mkdirSync(folder, { recursive: true });
    await must(['env', '-C', folder, 'apt-get', 'download', 'tayga'], {}, 60_000);
    const file = fs.readdirSync(folder).find((name) => name.startsWith('tayga_'));
    await must(['dpkg', '-x', path.join(folder, file ?? ''), unpackedRoot]);
  }
  return toolCommand('tayga');
}
