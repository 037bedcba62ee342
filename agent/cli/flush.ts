/** `bis flush`: ends mappings, and forgets answers (RFC 6535 §2.3.4). */
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { complain, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { exitCode } from './exit-code.ts';

const about = `
Ends the mapping of a spool address or of a peer, or all mappings, and forgets all answers that were kept. Mappings that
somebody may rely on stay: those that were promised in an answer, and those in use. With --force they end too, and their
connections break; their addresses are given to nobody until the promise or the connection would have ended.`;

interface FlushOptions extends InstanceOptions {
  readonly all?: true;
  readonly force?: true;
}

export function addFlush(program: Command): void {
  instanceCommand(program, 'flush', 'end mappings that nobody relies on, and forget answers', about)
    .argument('[address]', 'a spool address, or the IPv6 address of a peer', checked)
    .option('--all', 'all mappings, as without an address')
    .option('--force', 'also those that are held')
    .action((address: string | undefined, options: FlushOptions) =>
      finish(async () => {
        if (address !== undefined && options.all === true) {
          complain('Cannot flush one address and all of them');
          return exitCode.USAGE;
        }
        const { ControlClient } = await import('../control/client.ts');
        const { removed, spared } = await new ControlClient(options.runtimeDir).flush(address, options.force === true);
        print([`${removed} ${removed === 1 ? 'mapping' : 'mappings'} ended, ${spared} in use or promised`]);
        return exitCode.DONE;
      }),
    );
}

function checked(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('It is no address.');
  return text;
}
