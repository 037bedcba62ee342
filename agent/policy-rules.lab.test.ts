/** Uplinks behind policy rules, as VPNs make them: translated packets go the way that those of programs go. Needs root and python3. */
import test, { type ExecutionContext } from 'ava';
import { pair } from '../test/lab/networks.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { becomes, type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

const OWN = '2001:db8:6::1';
/** The address inside the VPN, and one of the Internet that only the VPN leads to. */
const [INSIDE, PEER, FAR] = ['fd7a:115c:a1e0::1', 'fd7a:115c:a1e0::2', '2001:db8:88::2'];

interface VpnScene extends DaemonScene {
  readonly before: Snapshot;
}

/** A VPN of this name to `host6`, a daemon that is up, and whatever is there before it. */
async function withVpn(t: ExecutionContext, device: string, ...prepare: string[]): Promise<VpnScene> {
  const scene = await setDaemonScene(pair, `mesh.example. 300 IN AAAA ${PEER}\nfar.example. 300 IN AAAA ${FAR}\n`);
  t.teardown(() => scene.lab.demolish());
  const { dual, host6 } = scene;
  const wire = dual.start(['python3', 'agent/testing/overlay.py', dual.namespace, host6.namespace, device]);
  await wire.says(/ready/);
  for (const [end, address] of [
    [dual, INSIDE],
    [host6, PEER],
  ] as const) {
    await end.must(['ip', '-6', 'address', 'add', `${address}/128`, 'dev', device, 'nodad']);
    await end.must(['ip', 'link', 'set', device, 'up', 'mtu', '1280']);
  }
  await host6.must(['ip', '-6', 'address', 'add', `${FAR}/128`, 'dev', 'lo', 'nodad']);
  await host6.must(['ip', '-6', 'route', 'add', `${INSIDE}/128`, 'dev', device]);
  await all(scene, ...prepare);
  const before = await dual.snapshot();
  await scene.agent.start();
  return { ...scene, before };
}

async function all({ dual }: DaemonScene, ...commands: string[]): Promise<void> {
  for (const command of commands) await dual.must(command.split(' '));
}

/** Whose packets the server sees of a program, IPv4-only or native; what the program says without an answer. */
async function source({ dual }: DaemonScene, name: string, family: '-4' | '-6' = '-4'): Promise<string> {
  const { stdout, stderr } = await dual.run(['curl', '-sS', family, '--max-time', '4', `http://${name}/`]);
  return /You are (\S+)\.$/m.exec(stdout)?.[1] ?? `${stdout}${stderr}`.trim();
}

/** Ends the daemon: all that is not of its making is as it was. */
async function ends(t: ExecutionContext, { agent, dual, before }: VpnScene): Promise<void> {
  t.is((await agent.tell('stop')).status, 0);
  t.deepEqual(await dual.differencesSince(before, 1000), []);
}

/** As wg-quick(8) of wireguard-tools 1.0.20210914 does it for `AllowedIPs = ::/0, 0.0.0.0/0`. */
const wgQuick = ['-6', '-4'].flatMap((family) => [
  `ip ${family} route add default dev wg0 table 51820`,
  `ip ${family} rule add not fwmark 51820 table 51820`,
  `ip ${family} rule add table main suppress_prefixlength 0`,
]);
const wgTable = `table ip6 wg-quick-wg0 {
  chain preraw { type filter hook prerouting priority -300; iifname != "wg0" ip6 daddr ${INSIDE} fib saddr type != local drop; }
  chain premangle { type filter hook prerouting priority -150; meta l4proto udp meta mark set ct mark; }
  chain postmangle { type filter hook postrouting priority -150; meta l4proto udp meta mark 0xca6c ct mark set mark; }
}`;

test.serial('S7: wg-quick: translated packets go into the tunnel, as those of programs do', async (t) => {
  const scene = await withVpn(t, 'wg0', ...wgQuick);
  await scene.dual.must(['nft', wgTable]);
  t.is(await becomes(scene, 'up'), 'up');
  for (const family of ['-4', '-6'] as const) {
    t.is(await source(scene, 'far.example', family), INSIDE, family);
    t.is(await source(scene, 'six.example', family), OWN, `${family}: the link is nearer than the default route`);
  }
  await all(scene, 'nft delete table ip6 wg-quick-wg0');
  await ends(t, scene);
});

/** As tailscaled does it: its own packets have a mark and go past its table, all others look there first. */
const tailscale = ['-6', '-4'].flatMap((family) => [
  `ip ${family} rule add priority 5210 fwmark 0x80000/0xff0000 lookup main`,
  `ip ${family} rule add priority 5230 fwmark 0x80000/0xff0000 lookup default`,
  `ip ${family} rule add priority 5250 fwmark 0x80000/0xff0000 unreachable`,
  `ip ${family} rule add priority 5270 lookup 52`,
]);
const tailscaleTable = `table ip6 ts {
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname "tailscale0" meta mark set meta mark & 0xff00ffff | 0x40000
    meta mark & 0xff0000 == 0x40000 accept
    oifname "tailscale0" accept
  }
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    meta mark & 0xff0000 == 0x40000 masquerade
  }
  chain marks {
    type filter hook postrouting priority 200; policy accept;
    oifname { "eth0", "tailscale0" } meta mark & 0xff0000 != 0 counter
  }
}`;

test.serial('S7: Tailscale: its network, its marks and its exit node', async (t) => {
  const peers = [
    'ip -6 route add fd7a:115c:a1e0::/48 dev tailscale0 table 52',
    // What it has with an exit node for what is on the link.
    'ip -6 route add throw 2001:db8:6::/64 table 52',
  ];
  const scene = await withVpn(t, 'tailscale0', ...tailscale, ...peers);
  await scene.dual.must(['nft', tailscaleTable]);
  t.is(await becomes(scene, 'up'), 'up');
  for (const family of ['-4', '-6'] as const) {
    t.is(await source(scene, 'mesh.example', family), INSIDE, family);
    t.is(await source(scene, 'six.example', family), OWN, family);
  }
  t.regex(
    await scene.dual.must(['nft', 'list', 'chain', 'ip6', 'ts', 'marks']),
    /counter packets 0 bytes 0/,
    'nothing of ours looks like Tailscale’s own',
  );
  // With an exit node its table has a default route, which comes before our routes.
  await all(scene, 'ip -6 route add default dev tailscale0 table 52', 'ip route add default dev tailscale0 table 52');
  t.is(await becomes(scene, 'degraded: routed-away routed-away'), 'degraded: routed-away routed-away');
  t.regex(
    (await scene.agent.tell('doctor')).stdout,
    /^warn +routed-away .*10\.170\.160\.0\/20.* to tailscale0 instead of bis0/m,
  );
  const commands = ((await scene.agent.status())?.reasons ?? []).flatMap(({ command }) => command ?? []);
  t.is(commands.length, 2);
  await all(scene, ...commands);
  t.is(await becomes(scene, 'up'), 'up');
  t.is(await settlesAt(() => source(scene, 'far.example'), INSIDE, 12_000), INSIDE);
  t.is(await source(scene, 'far.example', '-6'), INSIDE);
  await all(scene, ...commands.map((command) => command.replace('rule add', 'rule del')));
  await all(scene, 'ip -6 route del default dev tailscale0 table 52', 'ip route del default dev tailscale0 table 52');
  await all(scene, 'nft delete table ip6 ts');
  await ends(t, scene);
});

test.serial('S7: a rule for programs of this host alone is told: translated packets do not follow it', async (t) => {
  const routes = ['ip -6 route add default dev vpn0 table 100', 'ip -6 rule add iif lo lookup 100'];
  const scene = await withVpn(t, 'vpn0');
  await all(scene, ...routes);
  t.is(await becomes(scene, 'degraded: other-way'), 'degraded: other-way');
  t.regex(
    (await scene.agent.tell('status')).stdout,
    /Translated packets are sent to eth0, and those of programs to vpn0/,
  );
  await all(scene, ...routes.map((command) => command.replace(' add ', ' del ')));
  t.is(await becomes(scene, 'up'), 'up');
  await ends(t, scene);
});
