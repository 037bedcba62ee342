/** The tables at work, on real packets: nothing of ours leaves on the uplink, and nothing of the neighbour's comes in. */
import test from 'ava';
import { Lab } from '../test/lab/lab.ts';
import type { LabHost } from '../test/lab/lab-host.ts';
import { lan } from '../test/lab/networks.ts';
import type { Program } from '../test/lab/program.ts';
import { forcedCommands, guestsCommands } from './table.ts';
import { raise, raiseDevice, raiseTables, ulaOfSelf } from './testing/bump.ts';
import { inNamespace } from './testing/namespace.ts';
import { icmpv6, tcp, tcpFlag, udp } from './testing/packet.ts';
import { settings } from './testing/settings.ts';
import { settle } from './testing/settle.ts';
import { ClientSocket } from './testing/socket.ts';
import type { Tun } from './testing/tun.ts';

/** host6 in `lan`, 2001:db8:6::2. */
const host6 = Buffer.from('20010db8000600000000000000000002', 'hex');

/** Builds `lan`, with everybody knowing everybody's link address. */
async function build(): Promise<Lab> {
  const lab = await Lab.build(lan);
  await settle(lab.host('dual'), ['2001:db8:6::2', '2001:db8:6::66', '198.51.100.66']);
  await settle(lab.host('neighbour'), ['2001:db8:6::1', '2001:db8:6::2', '198.51.100.1']);
  return lab;
}

const ours = 'net 10.170.160.0/20 or host 172.21.112.1 or net fd00:b15::/96';

/** Starts a capture that prints a line per packet. */
async function capture(host: LabHost, filter: string): Promise<Program> {
  const program = host.start(['tcpdump', '-n', '-p', '-l', '--immediate-mode', '-i', 'eth0', filter]);
  await program.says(/listening on/);
  return program;
}

/** Ends a capture and returns its lines. */
async function captured(program: Program): Promise<string[]> {
  // What is on its way needs a moment to get through two veth devices and into the capture.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { stdout } = await program.stop('SIGINT');
  return stdout.split('\n').filter((line) => line !== '');
}

/** Packets with the ULA as their source, of which conntrack makes very different things. */
function packetsFromUs(): Buffer[] {
  const flags = [tcpFlag.NONE, tcpFlag.FIN, tcpFlag.RST, tcpFlag.ACK, tcpFlag.SYN | tcpFlag.ACK, 0x3f];
  return [
    ...flags.map((flag) => tcp(ulaOfSelf, host6, 9, flag)),
    ...[tcpFlag.SYN, tcpFlag.RST].map((flag) => tcp(ulaOfSelf, host6, 9, flag, true)),
    udp(ulaOfSelf, host6, 9, true),
    icmpv6(ulaOfSelf, host6, 128, true),
    ...[0, 1, 2, 3, 4, 100, 129, 134, 135, 200].map((type) => icmpv6(ulaOfSelf, host6, type)),
  ];
}

test.serial('S8a: what has a flow leaves masqueraded, and nothing else leaves', async (t) => {
  await using lab = await build();
  const dual = lab.host('dual');
  const { nft, tun } = await raise(dual.namespace, 'eth0');
  const all = await capture(lab.host('host6'), 'ip6 and (port 9 or icmp6[0] == 128)');
  const leaked = await capture(lab.host('host6'), ours);
  for (const packet of [
    udp(ulaOfSelf, host6, 9),
    tcp(ulaOfSelf, host6, 9, tcpFlag.SYN),
    icmpv6(ulaOfSelf, host6, 128),
    ...packetsFromUs(),
    // A source that is not ours, and packets for what is ours.
    udp(Buffer.from('20010db8009900000000000000000001', 'hex'), host6, 9),
    udp(ulaOfSelf, Buffer.from('fd000b150000000000000000ac157009', 'hex'), 9),
  ]) {
    tun.write(packet);
  }
  t.deepEqual(await captured(leaked), []);
  const lines = await captured(all);
  for (const word of ['UDP', 'Flags [S]', 'echo request']) {
    t.regex(lines.find((line) => line.includes(word)) ?? '', /IP6 2001:db8:6::1[. ]/, word);
  }
  t.true(
    lines.every((line) => /IP6 2001:db8:6::[12][. ]/.test(line)),
    lines.join('\n'),
  );
  tun.close();
  nft.close();
});

test.serial('S8a: the capture sees leaks: without the table the same packets leave with the ULA', async (t) => {
  await using lab = await build();
  const { nft, tun } = await raise(lab.host('dual').namespace, 'eth0');
  nft.close();
  const leaked = await capture(lab.host('host6'), ours);
  tun.write(tcp(ulaOfSelf, host6, 9, tcpFlag.RST));
  t.is((await captured(leaked)).length, 1);
  tun.close();
});

test.serial('S8a: spool and self addresses do not leave where the route to the device is gone', async (t) => {
  await using lab = await build();
  const dual = lab.host('dual');
  await dual.must(['ip', 'route', 'add', 'default', 'via', '198.51.100.66']);
  await dual.must(['ip', 'route', 'add', 'fd00:b15::/96', 'via', '2001:db8:6::66']);
  const leaked = await capture(lab.host('neighbour'), ours);
  const nft = raiseTables(dual.namespace);
  for (const address of ['10.170.160.9', 'fd00:b15::9']) await dual.run(['ping', '-c1', '-W1', address]);
  t.deepEqual(await captured(leaked), []);
  nft.close();
  const again = await capture(lab.host('neighbour'), ours);
  for (const address of ['10.170.160.9', 'fd00:b15::9']) await dual.run(['ping', '-c1', '-W1', address]);
  t.true((await captured(again)).length >= 2, 'without the table they do leave');
});

/** Where a neighbour's packets say they come from, an empty string for the truth, and where they go. */
type Attempt = readonly [source: string, target: string];

const honest: readonly Attempt[] = [
  ['', '172.21.112.1'],
  ['', '10.170.160.9'],
  ['', 'fd00:b15::ac15:7001'],
];

const forged: readonly Attempt[] = [
  ['10.170.160.7', '10.170.160.9'],
  ['172.21.112.1', '10.170.160.9'],
  ['fd00:b15::7', 'fd00:b15::ac15:7001'],
  ['10.170.160.7', '198.51.100.1'],
  ['172.21.112.1', '198.51.100.1'],
  ['fd00:b15::7', '2001:db8:6::1'],
];

/** Pings everything at once; returns the attempts that were answered. */
async function answered(neighbour: LabHost, attempts: readonly Attempt[]): Promise<Attempt[]> {
  const outcomes = await Promise.all(
    attempts.map(([source, target]) =>
      neighbour.run(['ping', '-c1', '-W1', ...(source === '' ? [] : ['-I', source]), target]),
    ),
  );
  return attempts.filter((_, index) => outcomes[index]?.status === 0);
}

/** The packets that reached the device, but for what the kernel says to groups on every link. */
function foreign(tun: Tun): Buffer[] {
  return tun.read().filter((packet) => (packet[0] ?? 0) >> 4 === 4 || packet[24] !== 0xff);
}

test.serial('S1: a neighbour reaches nothing of ours, forwarding or not, forged or not', async (t) => {
  await using lab = await build();
  const [dual, neighbour] = [lab.host('dual'), lab.host('neighbour')];
  await neighbour.must(['ip', 'route', 'add', '172.21.112.1', 'dev', 'eth0']);
  await neighbour.must(['ip', 'route', 'add', '10.170.160.0/20', 'via', '198.51.100.1']);
  await neighbour.must(['ip', 'route', 'add', 'fd00:b15::/96', 'via', '2001:db8:6::1']);

  const bare = await raiseDevice(dual.namespace);
  t.deepEqual(await answered(neighbour, honest), [honest[0]], 'without the tables the self address answers');
  t.true((await neighbour.must(['ip', 'neigh', 'show', '172.21.112.1'])).includes('lladdr'), 'and has a link address');
  bare.close();
  await neighbour.must(['ip', 'neigh', 'flush', 'all']);

  const { nft, tun } = await raise(dual.namespace, 'eth0');
  for (const forwarding of ['0', '1']) {
    const keys = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding', 'net.ipv4.conf.all.proxy_arp'];
    await dual.must(['sysctl', '-q', '-w', ...keys.map((key) => `${key}=${forwarding}`)]);
    tun.read();
    t.deepEqual(await answered(neighbour, honest), [], `forwarding ${forwarding}`);
    t.deepEqual(foreign(tun), []);
    t.notRegex(await neighbour.must(['ip', 'neigh', 'show', '172.21.112.1']), /lladdr/, 'no ARP reply');
  }

  for (const address of ['10.170.160.7/32', '172.21.112.1/32', 'fd00:b15::7/128']) {
    await neighbour.must(['ip', 'address', 'add', address, 'dev', 'eth0', 'noprefixroute']);
  }
  // The link address is known to the attacker in other ways.
  const link = JSON.parse(await dual.must(['ip', '-j', 'link', 'show', 'eth0'])) as { address: string }[];
  for (const address of ['172.21.112.1', '198.51.100.1']) {
    await neighbour.must(['ip', 'neigh', 'replace', address, 'lladdr', link[0]?.address ?? '', 'dev', 'eth0']);
  }
  const answers = await capture(neighbour, `ether src ${link[0]?.address} and (${ours})`);
  t.deepEqual(await answered(neighbour, forged), []);
  t.deepEqual(foreign(tun), []);
  t.deepEqual(await captured(answers), []);
  tun.close();
  nft.close();
});

test.serial('S1: a guest of this host is told, where a neighbour hears nothing', async (t) => {
  await using lab = await build();
  const [dual, guest] = [lab.host('dual'), lab.host('neighbour')];
  await guest.must(['ip', 'route', 'add', '10.170.160.0/20', 'via', '198.51.100.1']);
  const { nft, tun } = await raise(dual.namespace, 'eth0');
  const ping = (): Promise<{ stdout: string }> => guest.run(['ping', '-c1', '-W1', '10.170.160.9']);
  t.notRegex((await ping()).stdout, /Unreachable/);
  nft.run(guestsCommands(settings, ['eth0']));
  t.regex((await ping()).stdout, /Destination Host Unreachable/);
  t.deepEqual(foreign(tun), []);
  tun.close();
  nft.close();
});

test.serial('S2: into the device only replies are forwarded', async (t) => {
  await using lab = await build();
  const dual = lab.host('dual');
  const { nft, tun } = await raise(dual.namespace, 'eth0');
  tun.write(icmpv6(ulaOfSelf, host6, 128));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const replies = foreign(tun);
  t.is(replies.length, 1, 'the echo reply comes back to the ULA');
  t.is(replies[0]?.[40], 129);
  t.deepEqual(replies[0]?.subarray(24, 40), ulaOfSelf);
  // A new flow that somebody else's DNAT sends to the device is not ours.
  await dual.must(['nft', 'add table ip6 other; add chain ip6 other pre { type nat hook prerouting priority -100; }']);
  await dual.must(['nft', 'add rule ip6 other pre udp dport 99 dnat to fd00:b15::ac15:7001']);
  const knock = async (): Promise<void> => {
    inNamespace(lab.host('neighbour').namespace, () => new ClientSocket('2001:db8:6::1', 99)).ask();
    await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await knock();
  t.deepEqual(foreign(tun), []);
  nft.close();
  await knock();
  t.is(foreign(tun).length, 1, 'without the table it gets in');
  tun.close();
});

test.serial('the uplink forwards to the device and nowhere else, until the guard is lifted', async (t) => {
  await using lab = await build();
  const [dual, neighbour] = [lab.host('dual'), lab.host('neighbour')];
  await neighbour.must(['ip', 'route', 'add', '2001:db8:77::/64', 'via', '2001:db8:6::1']);
  await dual.must(['ip', 'route', 'add', '2001:db8:77::/64', 'via', '2001:db8:6::2']);
  const { nft, tun } = await raise(dual.namespace, 'eth0');
  const passing = async (): Promise<number> => {
    const lines = await capture(lab.host('host6'), 'net 2001:db8:77::/64');
    await neighbour.run(['ping', '-c1', '-W1', '2001:db8:77::1']);
    return (await captured(lines)).length;
  };
  t.is(await passing(), 0);
  nft.run(forcedCommands(settings, []));
  t.true((await passing()) > 0, 'force_forwarding alone would let them pass');
  tun.close();
  nft.close();
});
