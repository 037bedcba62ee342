/** `bis install` and `bis uninstall`: for a bundle, on a system without a package for it. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { absolute, complain, finish, print } from './command.ts';
import { type ExitCode, exitCode, exitCodeHelp } from './exit-code.ts';

const aboutInstall = `
Copies this bundle to PREFIX/lib/bis and makes bis a command and a service: a unit for systemd with a user of its own, and
files by which NetworkManager and systemd-networkd leave the device alone. Nothing is started. 'npm run bundle' makes a
bundle of a checkout.`;

const aboutUninstall = `
Ends the service and removes everything that 'bis install' has made, with what the service has kept. Files that somebody
changed since are left, and named.`;

interface InstallOptions {
  readonly prefix: string;
  readonly destdir: string;
}

export function addInstall(program: Command): void {
  for (const [name, about, run] of [
    ['install', aboutInstall, install],
    ['uninstall', aboutUninstall, uninstall],
  ] as const) {
    program
      .command(name)
      .summary(name === 'install' ? 'make this bundle a service of this system' : 'take it away again')
      .description(about.trim().replaceAll('\n', ' '))
      .option('--prefix <directory>', 'where it goes', absolute, '/usr/local')
      .option('--destdir <directory>', 'a directory that stands for the root of a system; nothing is run', absolute, '')
      .addHelpText('after', exitCodeHelp)
      .action((options: InstallOptions) => finish(() => run(options)));
  }
}

/** Whether it can be done at all; says so where it cannot. */
function mayChange(what: string, { destdir }: InstallOptions): boolean {
  if (destdir !== '' || process.geteuid?.() === 0) return true;
  complain(`Cannot ${what}: this needs root`);
  return false;
}

async function install(options: InstallOptions): Promise<ExitCode> {
  const { prefix, destdir } = options;
  const bundle = dirname(dirname(resolve(process.argv[1] ?? '')));
  if (!existsSync(`${bundle}/agent/bis.mjs`)) {
    complain(`${bundle} is no bundle; 'npm run bundle' makes one in dist, and dist/agent/bis install installs it`);
    return exitCode.FAILED;
  }
  if (!mayChange('install', options)) return exitCode.FAILED;
  const { filesOf, placeFiles } = await import('../../install/place-files.ts');
  const { exampleConfig } = await import('../config/example.ts');
  const target = { prefix, staging: destdir };
  // The service's own user reads what is made, and everybody runs the command.
  process.umask(0o022);
  try {
    placeFiles(filesOf(bundle, target, exampleConfig()), target);
  } catch (error) {
    complain((error as Error).message);
    return exitCode.FAILED;
  }
  if (destdir === '')
    await runAll([
      ['systemd-sysusers', '/etc/sysusers.d/bis.conf'],
      ['systemctl', 'daemon-reload'],
    ]);
  print([`bis is installed in ${prefix}`, "'systemctl enable --now bis' starts it now and at every boot"]);
  return exitCode.DONE;
}

async function uninstall(options: InstallOptions): Promise<ExitCode> {
  const { prefix, destdir } = options;
  if (!mayChange('uninstall', options)) return exitCode.FAILED;
  const { isInstalled, removeFiles } = await import('../../install/place-files.ts');
  const target = { prefix, staging: destdir };
  // A service of that name may be of a package, and not ours to end.
  if (destdir === '' && isInstalled(target)) await runAll([['systemctl', 'disable', '--now', 'bis.service']]);
  let changed: string[];
  try {
    changed = removeFiles(target);
  } catch (error) {
    complain((error as Error).message);
    return exitCode.FAILED;
  }
  for (const directory of ['/var/lib/bis', '/run/bis']) rmSync(destdir + directory, { recursive: true, force: true });
  if (destdir === '')
    await runAll([
      ['userdel', 'bis'],
      ['systemctl', 'daemon-reload'],
    ]);
  for (const path of changed) complain(`${path} was changed since, and stays`);
  print([`bis is removed from ${prefix}`]);
  return exitCode.DONE;
}

/** Runs what a system may not have; what fails is told, and no failure. */
async function runAll(commands: readonly (readonly string[])[]): Promise<void> {
  const { linuxHost } = await import('../../install/host.ts');
  const host = linuxHost(60_000);
  for (const command of commands) {
    try {
      await host.run(command);
    } catch (error) {
      complain((error as Error).message);
    }
  }
}
