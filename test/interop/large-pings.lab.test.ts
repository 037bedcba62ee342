/**
 * Pings of all sizes through the bump: what does not fit a packet is reassembled in the data plane, since the checksum of
 * ICMPv6 covers what no fragment knows (RFC 7915 §1.2). Needs root and python3.
 */
import test from 'ava';
import { pair } from '../lab/networks.ts';
import { ask, endProbeScene, type ProbeScene, setProbeScene } from './probe-scene.ts';

/**
 * Octets behind the ICMP header: none, around what fits 1280 (1232) and 1500 octets (1452) of IPv6, the route (1452) and
 * 1500 octets (1472) of IPv4, between, and the most IPv4 carries (65507).
 */
const sizes = [
  0, 1, 7, 8, 1212, 1213, 1231, 1232, 1233, 1252, 1253, 1451, 1452, 1453, 1471, 1472, 1473, 1480, 1481, 2903, 2904,
  2905, 8191, 16_384, 32_769, 50_001, 64_999, 65_000, 65_487, 65_488, 65_506, 65_507,
];

let scene: ProbeScene;
test.before(async () => {
  scene = await setProbeScene(pair, { host: 'host6', device: 'eth0' });
});
test.after.always(() => scene?.lab.demolish());

/**
 * Pings the peer; how many replies came back with the octets that were sent, and what ping complained of. Once one reply
 * came, ping waits for the last no longer than an interval or two round trips: on a busy machine that must not be short.
 */
async function ping(size: number, count = 2, { patience = '1', interval = '0.3' } = {}): Promise<string> {
  const argv = ['ping', '-4', '-n', '-c', `${count}`, '-i', interval, '-W', patience, '-s', `${size}`, 'six.example'];
  const { stdout } = await scene.dual.run(argv);
  const replies = stdout.split('\n').filter((line) => line.startsWith(`${size + 8} bytes from 10.170.1`)).length;
  const complaint = stdout.split('\n').find((line) => /wrong data|errors|DUP|truncated/.test(line)) ?? '';
  return `${replies} replies ${complaint}`.trim();
}

/** Pings of many sizes at once. */
async function pings(octets: readonly number[], count: number, interval: string): Promise<Record<number, string>> {
  const ask = async (size: number): Promise<[number, string]> => [size, await ping(size, count, { interval })];
  return Object.fromEntries(await Promise.all(octets.map(ask)));
}

const all = (octets: readonly number[], outcome: string): Record<number, string> =>
  Object.fromEntries(octets.map((size) => [size, outcome]));

const verdicts = async (): Promise<Record<string, number>> =>
  (await scene.agent.status())?.translator?.fourToSix.verdicts ?? {};

test.serial('RFC 7915 1.2-ICMPFRAG, S3: pings of 0 to 65,507 octets are answered, octet for octet', async (t) => {
  const outcomes: Record<number, string> = {};
  for (const size of sizes) outcomes[size] = await ping(size);
  t.deepEqual(outcomes, all(sizes, '2 replies'));
});

test.serial('S3: six programs ping with over 60,000 octets at once', async (t) => {
  // What comes at once waits in the device, 45 fragments for each ping; a TUN device's own 500 would soon be too few.
  t.regex(await scene.dual.must(['ip', 'link', 'show', 'bis0']), / qlen 1000$/m);
  const octets = Array.from({ length: 6 }, (_, index) => 60_000 + 917 * index);
  t.deepEqual(await pings(octets, 5, '0.1'), all(octets, '5 replies'));
});

test.serial('a large ping that may not be cut is told what fits, as natively', async (t) => {
  const argv = ['ping', '-4', '-n', '-c', '1', '-W', '1', '-M', 'do', '-s', '1453', 'six.example'];
  const { status, stdout, stderr } = await scene.dual.run(argv);
  t.not(status, 0);
  t.regex(stdout + stderr, /message too long, mtu[=:] ?1480/);
});

/** Whatever a fragment of either family says that does not begin a packet is lost on the way into the device. */
const loseLaterFragments = `table netdev lose {
  chain egress {
    type filter hook egress device bis0 priority 0; policy accept;
    ip frag-off & 0x1fff != 0 counter drop
    ip6 nexthdr ipv6-frag frag frag-off != 0 counter drop
  }
}
`;

test.serial('S3: pings that lose fragments on their way leave nothing in the way of others', async (t) => {
  const { dual } = scene;
  await dual.must(['nft', '-f', '-'], { input: loseLaterFragments });
  const octets = Array.from({ length: 20 }, (_, index) => 3000 + index);
  const lost = await Promise.all(octets.map((size) => ping(size, 1, { patience: '0.3' })));
  t.deepEqual(lost, new Array(octets.length).fill('0 replies'));
  t.regex(await dual.must(['nft', 'list', 'table', 'netdev', 'lose']), /ip frag-off.* packets [1-9]/);
  await dual.must(['nft', 'delete', 'table', 'netdev', 'lose']);
  for (const size of sizes.slice(-8)) t.is(await ping(size), '2 replies', `${size}`);
});

test.serial('S3: replies that lose fragments on their way do not either', async (t) => {
  const { dual, host6 } = scene;
  const lose =
    'table ip6 lose {\n chain out {\n type filter hook postrouting priority 0;\n icmpv6 type 129 drop\n }\n}\n';
  await host6.must(['nft', '-f', '-'], { input: lose });
  t.deepEqual(await Promise.all([4000, 5000].map((size) => ping(size, 1, { patience: '0.3' }))), [
    '0 replies',
    '0 replies',
  ]);
  await host6.must(['nft', 'delete', 'table', 'ip6', 'lose']);
  const inwards = loseLaterFragments.replace('hook egress device bis0', 'hook ingress device eth0');
  await dual.must(['nft', '-f', '-'], { input: inwards });
  t.is(await ping(3000, 3, { patience: '0.3' }), '0 replies');
  await dual.must(['nft', 'delete', 'table', 'netdev', 'lose']);
  t.is(await ping(65_507, 5), '5 replies');
});

test.serial('S3: a thousand pings of which only the beginning came do not keep others from passing', async (t) => {
  const before = await verdicts();
  t.is(await ask<number>(scene, 'first_fragments', 'six.example', '1000'), 1000);
  t.is(await ping(65_507, 5), '5 replies');
  const after = await verdicts();
  t.is(after.translated, (before.translated ?? 0) + 5);
});

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  t.deepEqual(await endProbeScene(scene), []);
});
