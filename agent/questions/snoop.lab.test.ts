/** Following resolv.conf, with a daemon in a lab: which servers are caught, where, and how soon. Needs root. */
import fs from 'node:fs';
import test from 'ava';
import { startDnsmasq } from '../../test/lab/dnsmasq.ts';
import { SERVER } from '../../test/lab/networks.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from '../testing/daemon-scene.ts';

/** How soon a change of resolv.conf or of a route has to be followed (S7), with the time that asking takes here. */
const SOON_MILLISECONDS = 1500;

let scene: DaemonScene;
test.before(async () => {
  scene = await setDaemonScene();
  await scene.host6.must(['ip', '-6', 'address', 'add', 'fe80::53/64', 'dev', 'eth0', 'nodad']);
  await scene.agent.start();
});
test.after.always(() => scene?.lab.demolish());

/** Rewrites resolv.conf as `dual` sees it. */
function name(...servers: readonly string[]): void {
  const text = servers.map((server) => `nameserver ${server}\n`).join('');
  fs.writeFileSync(`/etc/netns/${scene.dual.namespace}/resolv.conf`, text);
}

/** The servers in short: `SERVER on DEVICE`, with what answers in their place but its port, which is the kernel's choice. */
async function servers(): Promise<string> {
  const all = (await scene.agent.status())?.resolver?.servers ?? [];
  return all
    .map(({ server, device, listener }) => `${server} on ${device || '-'}: ${listener?.replace(/#\d+$/, '') ?? 'none'}`)
    .join(', ');
}

const becomes = (wanted: string): Promise<string> => settlesAt(servers, wanted, SOON_MILLISECONDS);

/** What `dig` gets for a name that has no A record, from the server of resolv.conf or this one. */
async function dig(...words: readonly string[]): Promise<string> {
  const { stdout } = await scene.dual.run(['dig', '+short', '+time=2', '+tries=1', ...words, 'six.example', 'A']);
  return /^10\.170\./.test(stdout) ? 'synthesized' : stdout.trim() || 'nothing';
}

const first = `${SERVER}#53 on eth0: 2001:db8:6::1`;

test.serial('the server of resolv.conf is caught at our address on its device', async (t) => {
  t.is(await servers(), first);
  t.is(await dig(), 'synthesized');
  t.is(await dig('+tcp'), 'synthesized');
});

test.serial('S7: servers that are added are caught soon, those that are removed are left alone', async (t) => {
  name(SERVER, 'fe80::53%eth0');
  const link = (await scene.dual.must(['ip', '-6', '-br', 'address', 'show', 'dev', 'eth0', 'scope', 'link'])).trim();
  const own = /fe80:[0-9a-f:]+/.exec(link)?.[0] ?? '';
  t.is(
    await becomes(`${first}, fe80::53%eth0#53 on eth0: ${own}%eth0`),
    `${first}, fe80::53%eth0#53 on eth0: ${own}%eth0`,
  );
  t.is(await dig('@fe80::53%eth0'), 'synthesized');
  name(SERVER);
  t.is(await becomes(first), first);
  t.is(await dig('@fe80::53%eth0'), 'nothing', 'asked natively, it has no such record');
});

test.serial('a server without a route is uncaught, and caught soon after one appears', async (t) => {
  name(SERVER, '203.0.113.53');
  const uncaught = `${first}, 203.0.113.53#53 on -: none`;
  t.is(await becomes(uncaught), uncaught);
  t.is((await scene.agent.status())?.state, 'up', 'the other one serves');
  await scene.dual.must(['ip', 'route', 'add', '203.0.113.0/24', 'dev', 'eth0']);
  const caught = `${first}, 203.0.113.53#53 on eth0: 198.51.100.1`;
  t.is(await becomes(caught), caught);
  await scene.dual.must(['ip', 'route', 'del', '203.0.113.0/24', 'dev', 'eth0']);
  t.is(await becomes(uncaught), uncaught);
});

test.serial('a server that stays keeps its listener, and connections to it, while others come and go', async (t) => {
  const port = async (): Promise<string | null | undefined> =>
    (await scene.agent.status())?.resolver?.servers[0]?.listener;
  const before = await port();
  name(SERVER, '198.51.100.9');
  const both = `${first}, 198.51.100.9#53 on eth0: 198.51.100.1`;
  t.is(await becomes(both), both);
  t.is(await port(), before);
});

test.serial('a server that goes takes its listener with it; when it is back it has a new one', async (t) => {
  const listening = async (): Promise<number> =>
    (await scene.dual.must(['ss', '-Hlnu'])).split('\n').filter((line) => line.includes('[2001:db8:6::1]')).length;
  t.is(await listening(), 1);
  name('198.51.100.9');
  const other = '198.51.100.9#53 on eth0: 198.51.100.1';
  t.is(await becomes(other), other);
  t.is(await listening(), 0);
  name(SERVER);
  t.is(await becomes(first), first);
  t.is(await dig(), 'synthesized');
});

test.serial('a server that is named twice has one listener', async (t) => {
  name(SERVER, SERVER, SERVER);
  await new Promise((resolve) => setTimeout(resolve, SOON_MILLISECONDS));
  t.is(await servers(), first);
});

test.serial('resolv.conf without a server means the local host, where nobody need answer', async (t) => {
  name();
  t.is(await becomes('127.0.0.1#53 on lo: 127.0.0.1'), '127.0.0.1#53 on lo: 127.0.0.1');
});

test.serial('D5: only caught questions are answered: neighbours cannot ask the listeners', async (t) => {
  name(SERVER);
  t.is(await becomes(first), first);
  const listener = (await scene.agent.status())?.resolver?.servers[0]?.listener ?? '';
  const port = listener.slice(listener.indexOf('#') + 1);
  const argv = ['dig', '+short', '+time=1', '+tries=1', '-p', port, '@2001:db8:6::1', 'six.example', 'A'];
  t.not((await scene.host6.run(argv)).status, 0);
});

test.serial(
  'D5: what is asked over IPv4 is caught, by chains that are there only as long as such a server is',
  async (t) => {
    const { dual, host6 } = scene;
    const chains = async (): Promise<string> =>
      [...(await dual.must(['nft', 'list', 'table', 'ip', 'bis'])).matchAll(/chain (caught|snoop|input) \{/g)]
        .map(([, chain]) => chain)
        .join(' ');
    await host6.must(['ip', 'address', 'add', '198.51.100.9/24', 'dev', 'eth0']);
    await startDnsmasq(host6, '198.51.100.9', SERVER);
    t.is(await settlesAt(chains, ''), '');
    t.is(await dig('@198.51.100.9'), 'nothing', 'it has no such record');
    for (let round = 0; round < 2; round++) {
      name(SERVER, '198.51.100.9');
      const both = `${first}, 198.51.100.9#53 on eth0: 198.51.100.1`;
      t.is(await becomes(both), both);
      t.is(await chains(), 'caught snoop input');
      for (const how of ['+notcp', '+tcp']) t.is(await dig('@198.51.100.9', how), 'synthesized', how);
      const listener = (await scene.agent.status())?.resolver?.servers[1]?.listener ?? '';
      const port = listener.slice(listener.indexOf('#') + 1);
      const argv = ['dig', '+short', '+time=1', '+tries=1', '-p', port, '@198.51.100.1', 'six.example', 'A'];
      t.not((await host6.run(argv)).status, 0, 'neighbours cannot ask');
      name(SERVER);
      t.is(await becomes(first), first);
      t.is(await settlesAt(chains, ''), '');
      t.is(await dig('@198.51.100.9'), 'nothing', 'natively');
    }
  },
);

test.serial('SIGTERM ends all listeners', async (t) => {
  t.is((await scene.agent.daemon.stop('SIGTERM', 5000)).status, 0);
  t.is((await scene.dual.must(['ss', '-Hlntu'])).trim(), '');
});
