/** `bis flush`: ends mappings, and forgets answers (RFC 6535 §2.3.4). */
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { complain, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

const about = `
Ends the mapping of a spool address or of a peer, or all mappings, and forgets all answers that were kept. Mappings that
somebody may rely on stay: those that were promised in an answer, and those in use. With --force they end too, and their
connections break; their addresses are given to nobody until the promise or the connection would have ended. Programs of
this host that keep answers (systemd-resolved, nscd, dnsmasq) forget them too; what the daemon may not flush this command
does, if root runs it. With --caches they forget and nothing else is done; that needs no daemon.`;

interface FlushOptions extends InstanceOptions {
  readonly all?: true;
  readonly force?: true;
  readonly caches?: true;
}

export function addFlush(program: Command): void {
  instanceCommand(program, 'flush', 'end mappings that nobody relies on, and forget answers', about)
    .argument('[address]', 'a spool address, or the IPv6 address of a peer', checked)
    .option('--all', 'all mappings, as without an address')
    .option('--force', 'also those that are held')
    .option('--caches', 'only what programs of this host have kept')
    .action((address: string | undefined, options: FlushOptions) => finish(() => flush(address, options)));
}

async function flush(address: string | undefined, options: FlushOptions): Promise<ExitCode> {
  if (address !== undefined && options.all === true) {
    complain('Cannot flush one address and all of them');
    return exitCode.USAGE;
  }
  const { flushHostCaches, flushInstead } = await import('./host-caches.ts');
  if (options.caches === true) {
    if (address !== undefined || options.all === true || options.force === true) {
      complain('Cannot flush mappings with --caches, which is for what other programs have kept');
      return exitCode.USAGE;
    }
    const { flushed, unflushed } = await flushHostCaches();
    if (flushed.length > 0) print([`Flushed: ${flushed.join(', ')}`]);
    else if (unflushed.length === 0) print(['No program of this host keeps answers']);
    return unflushed.length === 0 ? exitCode.DONE : exitCode.FAILED;
  }
  const { ControlClient } = await import('../control/client.ts');
  const client = new ControlClient(options.runtimeDir);
  const { removed, spared, unflushed } = await client.flush(address, options.force === true);
  print([`${removed} ${removed === 1 ? 'mapping' : 'mappings'} ended, ${spared} in use or promised`]);
  return (await flushInstead(unflushed)).length === 0 ? exitCode.DONE : exitCode.FAILED;
}

function checked(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('It is no address.');
  return text;
}
