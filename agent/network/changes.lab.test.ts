/** Noticing changes, with the kernel that announces them. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { inNamespace } from '../../install/testing/namespace.ts';
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { pair } from '../../test/lab/networks.ts';
import { NetworkChanges } from './changes.ts';

let lab: Lab;
let dual: LabHost;
let file: string;
let changes: NetworkChanges;
test.before(async () => {
  lab = await Lab.build(pair);
  dual = lab.host('dual');
  file = path.join(lab.directory, 'resolv.conf');
  changes = inNamespace(dual.namespace, () => new NetworkChanges([file]));
});
test.after.always(() => {
  changes?.close();
  lab?.demolish();
});

/** What is announced until nothing more is for a while. */
async function announced(): Promise<string> {
  const heard = new Set<string>();
  for (let vain = 0; vain < 10; vain++) {
    for (const [what, isNew] of Object.entries(changes.look())) {
      if (!isNew) continue;
      heard.add(what);
      vain = 0;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return [...heard].join(' ') || 'nothing';
}

/** What an action announces. */
async function announcedBy(action: () => unknown): Promise<string> {
  await announced();
  await action();
  return announced();
}

const commands: readonly [string, string][] = [
  ['ip address add 192.0.2.1/32 dev eth0', 'network'],
  ['ip address del 192.0.2.1/32 dev eth0', 'network'],
  ['ip address add 2001:db8:9::1/64 dev eth0', 'network'],
  ['ip route add 192.0.2.0/24 dev eth0', 'network'],
  ['ip route add 2001:db8:a::/64 dev eth0', 'network'],
  ['ip -6 rule add to 2001:db8:a::/64 lookup 100', 'network'],
  ['ip -6 rule del to 2001:db8:a::/64 lookup 100', 'network'],
  ['ip rule add to 192.0.2.0/24 lookup 100', 'network'],
  ['ip rule del to 192.0.2.0/24 lookup 100', 'network'],
  ['ip link set eth0 mtu 1400', 'network'],
  ['sysctl -q -w net.ipv6.conf.all.forwarding=1', 'network'],
  ['sysctl -q -w net.ipv6.conf.all.forwarding=0', 'network'],
  ['ip address show', 'nothing'],
  ['nft add table inet other', 'firewall'],
  ['nft add chain inet other forward { type filter hook forward priority 0; policy drop; }', 'firewall'],
  ['nft insert rule inet other forward accept', 'firewall'],
  ['nft flush chain inet other forward', 'firewall'],
  ['nft add set inet other servers { type ipv4_addr; flags timeout; }', 'nothing'],
  ['nft add element inet other servers { 192.0.2.1 timeout 5s }', 'nothing'],
  ['nft flush set inet other servers', 'nothing'],
  ['nft list ruleset', 'nothing'],
  ['nft delete table inet other', 'firewall'],
];

for (const [command, announced] of commands) {
  test.serial(`S7, S15: \`${command}\` announces ${announced}`, async (t) => {
    t.is(await announcedBy(() => dual.must(command.split(' '))), announced);
  });
}

test.serial('S7: resolv.conf that is made, rewritten, replaced, and removed is a change', async (t) => {
  t.is(await announcedBy(() => fs.writeFileSync(file, 'nameserver 192.0.2.1\n')), 'names');
  t.is(await announcedBy(() => fs.writeFileSync(file, 'nameserver 192.0.2.2\n')), 'names');
  t.is(await announcedBy(() => {}), 'nothing');
  fs.writeFileSync(`${file}.new`, 'nameserver 192.0.2.2\n');
  t.is(await announcedBy(() => fs.renameSync(`${file}.new`, file)), 'names');
  t.is(await announcedBy(() => fs.rmSync(file)), 'names');
  t.is(await announcedBy(() => fs.symlinkSync('resolv.conf', file)), 'names', 'a link to itself is no reason to fail');
});

test.serial('who is told of a file need not look again and again', async (t) => {
  let told = 0;
  changes.listen(() => told++);
  fs.rmSync(file);
  for (let waits = 0; told === 0 && waits < 500; waits++) await new Promise((resolve) => setTimeout(resolve, 10));
  changes.listen(() => {});
  t.is(told, 1);
  t.deepEqual(changes.look(), { network: false, names: true, firewall: false });
});

test.serial('more announcements than the socket holds are a change, and hearing goes on', async (t) => {
  const routes = Array.from({ length: 4000 }, (_, index) => `2001:db8:${(index + 16).toString(16)}::/64`);
  const batch = (verb: string): string => routes.map((route) => `route ${verb} ${route} dev eth0\n`).join('');
  const run = (verb: string): Promise<string> => dual.must(['ip', '-6', '-batch', '-'], { input: batch(verb) });
  t.is(await announcedBy(() => run('add')), 'network');
  t.is(await announcedBy(() => run('del')), 'network');
  t.is(await announcedBy(() => {}), 'nothing');
  t.is(await announcedBy(() => dual.must(['ip', 'link', 'set', 'eth0', 'mtu', '1300'])), 'network');
});

test.serial('neighbours are no change however many they are, but for a router that does not answer', async (t) => {
  const index = Number((await dual.must(['cat', '/sys/class/net/eth0/ifindex'])).trim());
  changes.routers.watch([{ index, router: 'fe80::1' }]);
  const neighbour = (number: number, state: string): string =>
    `neigh replace fe80::${number.toString(16)} dev eth0 lladdr 02:00:00:00:00:01 nud ${state}`;
  // Their number is limited for the whole machine, so few of them change often.
  const many = Array.from({ length: 2400 }, (_, number) =>
    neighbour((number % 200) + 16, Math.floor(number / 200) % 2 === 0 ? 'stale' : 'reachable'),
  );
  const run = (lines: readonly string[]): Promise<string> =>
    dual.must(['ip', '-6', '-batch', '-'], { input: lines.map((line) => `${line}\n`).join('') });
  t.is(await announcedBy(() => run([...many, neighbour(1, 'stale')])), 'nothing');
  t.is(await announcedBy(() => run([neighbour(1, 'failed')])), 'network');
  t.true(changes.routers.isSilent(index, 'fe80::1'));
  t.is(await announcedBy(() => run([neighbour(1, 'reachable')])), 'network');
  // What is lost among too many is found by listing them.
  await run([...many, neighbour(1, 'failed'), ...many]);
  let isHeard = false;
  for (let looks = 0; !isHeard && looks < 200; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    isHeard = changes.look().network;
  }
  t.true(isHeard);
  t.true(changes.routers.isSilent(index, 'fe80::1'));
});

test.serial('a namespace of its own: what happens elsewhere is not heard', async (t) => {
  t.is(await announcedBy(() => lab.host('host6').must(['ip', 'link', 'set', 'lo', 'mtu', '60000'])), 'nothing');
});
