/** `bis expose` and `bis unexpose`: which ports peers may reach. */
import { type Command, InvalidArgumentError } from 'commander';
import { parsePorts } from '../config/ports.ts';
import type { Status } from '../control/agent.ts';
import type { ControlClient } from '../control/client.ts';
import { finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { exitCode } from './exit-code.ts';

const aboutExpose = `
Lets IPv6 peers reach programs of this host that listen on IPv4 only, at these ports: tcp/8080, udp/5000-5010. What an
IPv6 socket listens to stays as it is. It lasts until 'bis unexpose' or the end of the daemon; for longer, write it into
the configuration.`;

const aboutUnexpose = `
Takes ports away that were exposed, by command or by configuration. Connections that peers made there are reset; those
of this host to peers go on.`;

export function addExpose(program: Command): void {
  add(program, 'expose', 'let IPv6 peers reach IPv4-only programs here', aboutExpose);
  add(program, 'unexpose', 'take exposed ports away', aboutUnexpose);
}

function add(program: Command, name: 'expose' | 'unexpose', summary: string, about: string): void {
  instanceCommand(program, name, summary, about)
    .argument('<port...>', 'tcp/PORT, udp/PORT, or a range of them', checked)
    .action((ports: readonly string[], options: InstanceOptions) =>
      finish(async () => {
        const { ControlClient } = await import('../control/client.ts');
        print([exposedText(await change(new ControlClient(options.runtimeDir), name, ports))]);
        return exitCode.DONE;
      }),
    );
}

function change(client: ControlClient, name: 'expose' | 'unexpose', ports: readonly string[]): Promise<Status> {
  return name === 'expose' ? client.expose(ports) : client.unexpose(ports);
}

function checked(text: string, before: readonly string[] = []): readonly string[] {
  if (parsePorts(text) === undefined) throw new InvalidArgumentError('It must be like tcp/8080 or udp/5000-5010.');
  return [...before, text];
}

/** What is exposed now, in one line. */
function exposedText({ exposed, state }: Status): string {
  const isUp = state === 'up' || state === 'degraded';
  if (exposed.length === 0) return 'nothing is exposed';
  return `exposed${isUp ? '' : " at the next 'bis up'"}: ${exposed.join(' ')}`;
}
