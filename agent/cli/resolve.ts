/** `bis resolve`: asks the running resolver, as a program would, and prints the records. */
import type { Command } from 'commander';
import type { Resolution } from '../control/agent.ts';
import { asJson, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { exitCode } from './exit-code.ts';
import { addQuestion } from './question.ts';
import { printable } from './text.ts';

const about = `
Asks the running resolver, and prints the records as lines of a zone file. A name that is synthesized gets its spool
address, which is promised as in any other answer. The exit status is 0 when there are such records, 1 when there are none.`;

export function addResolve(program: Command): void {
  const command = instanceCommand(program, 'resolve', 'ask the running resolver', about);
  addQuestion(
    command,
    'name-or-address',
    'a name, or an address to be asked for its name; letters other than ASCII are written as A-labels',
  )
    .addOption(asJson())
    .action((name: string, type: string, options: InstanceOptions & { json?: true }) =>
      finish(async () => {
        const { ControlClient } = await import('../control/client.ts');
        const { json } = await import('./text.ts');
        const resolution = await new ControlClient(options.runtimeDir).resolve({ name, type });
        print(options.json ? [json(resolution)] : resolutionText(resolution));
        return resolution.rcode === 'NOERROR' && resolution.answers.length > 0 ? exitCode.DONE : exitCode.FAILED;
      }),
    );
}

/** The records, or one line that says that there are none and why; lines that begin with `;` are no records. */
function resolutionText({ name, type, servers, rcode, milliseconds, ...sections }: Resolution): string[] {
  const records = [...sections.answers, ...sections.authorities, ...sections.additionals];
  const by = servers.length === 0 ? 'no server is known' : `asked of ${servers.join(', ')}`;
  return [`; ${name} ${type}: ${rcode} in ${milliseconds} ms, ${by}`, ...records].map(printable);
}
