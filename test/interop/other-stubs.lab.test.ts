/** Servers on the host itself that others wrote, each as it is usually set up: questions are caught in front of them. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { toolCommand } from '../lab/tools.ts';
import { startNameServer } from './name-server.ts';
import { interopNetwork, names, server } from './network.ts';

interface StubScene {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly agent: Agent;
}

/** A network with a name server, where `dual` asks this server of its own. */
async function withServer(t: ExecutionContext, nameServer: string): Promise<StubScene> {
  const lab = await Lab.build(interopNetwork({ title: nameServer, nameServer, hasIpv4: true }));
  t.teardown(() => lab.demolish());
  await startNameServer(lab, 'unbound');
  const dual = lab.host('dual');
  return { lab, dual, agent: new Agent(lab, dual) };
}

/** What a program is told by the server of resolv.conf, over UDP and TCP. */
async function told({ dual }: StubScene): Promise<string[]> {
  const ask = async (way: string): Promise<string> => {
    const { stdout } = await dual.run(['dig', '+short', '+time=2', '+tries=1', way, names.six, 'A']);
    return /^10\.170\./.test(stdout) ? 'synthesized' : stdout.trim() || 'nothing';
  };
  return [await ask('+notcp'), await ask('+tcp')];
}

const native = ['nothing', 'nothing'];
const synthesized = ['synthesized', 'synthesized'];

/** Natively before, synthesized while it is up, natively again afterwards, and the host as it was. */
async function isCaughtWhileUp(t: ExecutionContext, scene: StubScene, listener: RegExp): Promise<void> {
  const before = await scene.dual.snapshot();
  t.deepEqual(await told(scene), native);
  await scene.agent.start();
  t.deepEqual(await told(scene), synthesized);
  const servers = (await scene.agent.status())?.resolver?.servers ?? [];
  t.regex(servers.map(({ server: name, device }) => `${name} ${device}`).join(), listener);
  t.is((await scene.agent.daemon.stop('SIGTERM', 5000)).status, 0);
  t.deepEqual(await told(scene), native);
  t.deepEqual(await scene.dual.differencesSince(before), []);
}

test.serial('unbound that finds names itself, from the servers of the zone', async (t) => {
  const scene = await withServer(t, '127.0.0.1');
  const config = path.join(scene.lab.directory, 'recursive.conf');
  const settings = [
    'server:',
    `  directory: "${scene.lab.directory}"`,
    '  username: ""\n  chroot: ""\n  pidfile: ""\n  use-syslog: no\n  do-daemonize: no',
    '  interface: 127.0.0.1\n  module-config: "iterator"\n  do-not-query-localhost: no',
    'stub-zone:',
    `  name: example.\n  stub-addr: ${server.ipv6}`,
    'remote-control:\n  control-enable: no\n',
  ];
  fs.writeFileSync(config, settings.join('\n'));
  await scene.dual.start([...toolCommand('unbound'), '-d', '-c', config]).says(/start of service/);
  await isCaughtWhileUp(t, scene, /^127\.0\.0\.1#53 lo$/);
});

test.serial('dnsmasq with a cache and a list of servers of its own', async (t) => {
  const scene = await withServer(t, '127.0.0.1');
  const list = path.join(scene.lab.directory, 'servers.conf');
  fs.writeFileSync(list, `nameserver ${server.ipv6}\nnameserver ${server.ipv4}\n`);
  const settings = ['--conf-file=/dev/null', '--user=root', '--pid-file=', '--log-facility=-', '--no-hosts'];
  const place = ['--listen-address=127.0.0.1', '--bind-interfaces', `--resolv-file=${list}`];
  const stub = scene.dual.start([...toolCommand('dnsmasq'), '--keep-in-foreground', ...settings, ...place]);
  await stub.says(/started, version/);
  await isCaughtWhileUp(t, scene, /^127\.0\.0\.1#53 lo$/);
});

/** What Docker makes in the namespace of a container on a network of its own, around the ports its server really has. */
const dockers = (udp: number, tcp: number): string => `table ip nat {
  chain DOCKER_OUTPUT {
    ip daddr 127.0.0.11 tcp dport 53 counter dnat to 127.0.0.11:${tcp}
    ip daddr 127.0.0.11 udp dport 53 counter dnat to 127.0.0.11:${udp}
  }
  chain OUTPUT {
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.11 counter jump DOCKER_OUTPUT
  }
  chain DOCKER_POSTROUTING {
    ip saddr 127.0.0.11 tcp sport ${tcp} counter snat to :53
    ip saddr 127.0.0.11 udp sport ${udp} counter snat to :53
  }
  chain POSTROUTING {
    type nat hook postrouting priority 100; policy accept;
    ip daddr 127.0.0.11 counter jump DOCKER_POSTROUTING
  }
}
`;

test.serial("a table like Docker's beside ours: its server at 127.0.0.11 is asked", async (t) => {
  const scene = await withServer(t, '127.0.0.11');
  const port = 40_053;
  const settings = [
    '--conf-file=/dev/null',
    '--user=root',
    '--pid-file=',
    '--log-facility=-',
    '--no-hosts',
    '--no-resolv',
  ];
  const place = ['--listen-address=127.0.0.11', '--bind-interfaces', `--port=${port}`, `--server=${server.ipv6}`];
  const stub = scene.dual.start([...toolCommand('dnsmasq'), '--keep-in-foreground', ...settings, ...place]);
  await stub.says(/started, version/);
  await scene.dual.must(['nft', '-f', '-'], { input: dockers(port, port) });
  await isCaughtWhileUp(t, scene, /^127\.0\.0\.11#53 lo$/);
});
