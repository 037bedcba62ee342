/** The command `bis`. Each subcommand has a file of its own and loads what it needs when it runs. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addConfig } from './config.ts';
import { addDaemon } from './daemon.ts';
import { addDoctor } from './doctor.ts';
import { addDown } from './down.ts';
import { exitCode, exitCodeHelp } from './exit-code.ts';
import { addExplain } from './explain.ts';
import { addExpose } from './expose.ts';
import { addFlush } from './flush.ts';
import { addInstall } from './install.ts';
import { addMap } from './map.ts';
import { addMappings } from './mappings.ts';
import { addResolve } from './resolve.ts';
import { addRestore } from './restore.ts';
import { addStatus } from './status.ts';
import { addStop } from './stop.ts';
import { addTrace } from './trace.ts';
import { addTranslate } from './translate.ts';
import { addUp } from './up.ts';

/** The version of the package this file belongs to. */
function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const program = new Command('bis')
  .description('Lets IPv4-only programs on this host reach IPv6-only peers (Bump-in-the-Stack, RFC 6535).')
  .version(version(), '--version', 'print the version')
  .helpOption('--help', 'print this help')
  .helpCommand(false)
  .exitOverride()
  .showSuggestionAfterError(true)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'bis: ')) })
  .addHelpText('after', exitCodeHelp);

const commands = [
  addUp,
  addDown,
  addStatus,
  addMappings,
  addMap,
  addFlush,
  addExpose,
  addResolve,
  addExplain,
  addDaemon,
  addStop,
  addRestore,
  addTrace,
  addDoctor,
  addInstall,
  addConfig,
  addTranslate,
];
for (const add of commands) add(program);

// A reader that has seen enough, as in `bis mappings | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? exitCode.DONE);
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? exitCode.DONE : exitCode.USAGE;
}
