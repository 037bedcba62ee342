/**
 * The agent ends on a host that others made a router, and whose NAT tables are not only ours: connection tracking goes on
 * translating the flows that began with us, and would forward what it makes of them (S8a). Needs root and python3.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { settlesAt } from '../../agent/testing/daemon-scene.ts';
import { guardTable } from '../../install/testing/guard-tables.ts';
import { python } from '../interop/probe-scene.ts';
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { LeakWatch } from '../lab/leak-watch.ts';
import { pair, SERVER } from '../lab/networks.ts';
import type { Program } from '../lab/program.ts';
import type { Snapshot } from '../lab/snapshot.ts';
import { nodeCommand } from '../lab/tools.ts';
import { janitorOf } from './rounds.ts';

const DUAL = '2001:db8:6::1';
const PORT = '8080';
/** As of a container engine: as long as there is such a chain, connection tracking translates. */
const OTHER_NAT = `table ip6 engine {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip6 saddr 2001:db8:c::/64 masquerade
  }
}
`;
/** How long it is watched what the flows do that nobody translates any more, in milliseconds. */
const AFTERWARDS = 2000;

let lab: Lab;
let dual: LabHost;
let host6: LabHost;
let agent: Agent;
let before: Snapshot;
test.before(async () => {
  lab = await Lab.build(pair);
  [dual, host6] = [lab.host('dual'), lab.host('host6')];
  await dual.must(['sysctl', '-q', '-w', 'net.ipv6.conf.all.forwarding=1']);
  await dual.must(['nft', '-f', '-'], { input: OTHER_NAT });
  const zone = path.join(lab.directory, 'zone');
  fs.writeFileSync(zone, `six.example. 300 IN AAAA ${SERVER}\n`);
  const names = host6.start([...nodeCommand('test/lab/servers/serve.ts'), `dns=53:${zone}`]);
  const server = dual.start([...python('ipv4-server.py'), PORT]);
  await Promise.all([names.says(/ready/), server.says(/ready/)]);
  agent = new Agent(lab, dual);
  before = await dual.snapshot();
});
test.after.always(() => lab?.demolish());

/** Lines of what `dual` tracks in which an address of the self prefix stands: ours is the only prefix of that kind. */
async function tracked(): Promise<string[]> {
  const lines = (await dual.must(['cat', '/proc/net/nf_conntrack'])).split('\n');
  return lines.filter((line) => /=fd[0-9a-f]{2}:/.test(line));
}

/** Flows that the host began, over which the peer sends, and flows that the peer began, once they flow. */
async function beginFlows(port: string): Promise<Program[]> {
  const server = host6.start(['iperf3', '-s', '-1', '-p', port, '--forceflush']);
  await server.says(/listening on/);
  const words = ['-4', '-c', 'six.example', '-R', '-b', '20M', '-t', '60', '-i', '0.1', '-p', port, '--forceflush'];
  const began = dual.start(['iperf3', ...words]);
  const pinging = dual.start(['ping', '-4', '-n', '-i', '0.05', 'six.example']);
  const letIn = host6.start([...python('ipv6-program.py'), 'keep', DUAL, PORT]);
  await Promise.all([
    began.says(/bits\/sec/),
    pinging.says(/bytes from/),
    letIn.says(/^\{"tcp": "same", "udp": "same"\}$/m),
  ]);
  return [began, pinging, letIn, server];
}

/** How many packets the guard kept from leaving with an address of the self prefix. */
async function kept(): Promise<number> {
  const chain = await dual.must(['nft', 'list', 'chain', ...guardTable('ip6'), 'leak']);
  const counts = chain.matchAll(/ip6 daddr fd.* counter packets (\d+)/g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

const ends = {
  'SIGTERM of the daemon': async () => void (await agent.daemon.stop('SIGTERM', 10_000)),
  'kill -9 of the daemon': async () => void (await agent.daemon.stop('SIGKILL')),
  'kill -9 of daemon and janitor': async () => {
    process.kill((await janitorOf(dual)) ?? Number.NaN, 'SIGKILL');
    await agent.daemon.stop('SIGKILL');
  },
} as const;

for (const [index, [what, end]] of Object.entries(ends).entries()) {
  test.serial(`S8a: ${what} on a router with NAT of others: nothing of ours leaves, all is forgotten`, async (t) => {
    t.timeout(120_000);
    const watch = await LeakWatch.begin(host6, 'eth0');
    await agent.start();
    await agent.tell('expose', `tcp/${PORT}`, `udp/${PORT}`);
    const flows = await beginFlows(String(5400 + index));
    const lines = await tracked();
    for (const [protocol, position] of [
      ['tcp', /(?<!src=.*)src=fd/],
      ['icmpv6', /(?<!src=.*)src=fd/],
      ['tcp', /src=.*src=fd/],
      ['udp', /src=.*src=fd/],
    ] as const) {
      t.true(
        lines.some((line) => line.includes(` ${protocol} `) && position.test(line)),
        `${protocol} ${position} in:\n${lines.join('\n')}`,
      );
    }
    await end();
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS));
    if (what === 'kill -9 of daemon and janitor') {
      t.true((await kept()) > 0, 'without the guard there would be something to see');
      t.is((await agent.tell('restore')).status, 0);
      await new Promise((resolve) => setTimeout(resolve, AFTERWARDS));
    }
    t.is(await settlesAt(async () => (await tracked()).join('\n'), ''), '');
    await Promise.all(flows.map((program) => program.stop('SIGKILL')));
    const { leaks, missed } = await watch.end();
    t.deepEqual([leaks, missed], [[], 0]);
    t.deepEqual(await dual.differencesSince(before, 4000), []);
  });
}
