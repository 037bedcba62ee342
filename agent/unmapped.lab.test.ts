/**
 * Spool addresses that stand for nobody, and the promise that no spool address is ever seen outside this host: neither in
 * packets, nor in what others are answered, nor in what others are asked. Needs root.
 */
import test from 'ava';
import { LeakWatch } from '../test/lab/leak-watch.ts';
import { lan, SERVER } from '../test/lab/networks.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { toolCommand } from '../test/lab/tools.ts';
import { type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** Where an IPv4 packet goes that no other route takes: else a leak would only be a route that is missing. */
const GATEWAY = '198.51.100.66';
/** Of the spool, and never handed out in this test. */
const NOBODY = '10.170.170.170';

let scene: DaemonScene;
let before: Snapshot;
test.before(async () => {
  scene = await setDaemonScene(lan);
  await scene.dual.must(['ip', 'route', 'add', 'default', 'via', GATEWAY]);
  before = await scene.dual.snapshot();
});
test.after.always(() => scene?.lab.demolish());
test.afterEach.always(() => scene.agent.tell('stop'));

/** What IPv4 packets have come to: how many, by verdict, and how many the kernel had no room for. */
async function verdicts(): Promise<Readonly<Record<string, number>>> {
  const { device, translator } = (await scene.agent.status()) ?? {};
  return { unread: device?.unread ?? Number.NaN, ...translator?.fourToSix.verdicts };
}

/** A TCP connection and a datagram, and what either is told: `EHOSTUNREACH` where the host is unreachable. */
const knocks = `
import errno, socket, sys
tcp = socket.socket(); tcp.settimeout(5)
print(errno.errorcode[tcp.connect_ex((sys.argv[1], 80))])
udp = socket.socket(type=socket.SOCK_DGRAM); udp.settimeout(5)
udp.setsockopt(socket.IPPROTO_IP, 11, 1) # IP_RECVERR: without it nobody is told that a host is unreachable (ip(7))
udp.connect((sys.argv[1], 53)); udp.send(b'x')
try: udp.recv(1)
except OSError as error: print(errno.errorcode.get(error.errno, error))
`;

test.serial(
  'M16: programs that reach for a spool address of nobody are told at once, at a limited rate, and it is counted',
  async (t) => {
    const { agent, dual, host6 } = scene;
    const watch = await LeakWatch.begin(host6, 'eth0');
    await agent.start();
    const { stdout, stderr, milliseconds } = await dual.run(['python3', '-c', knocks, NOBODY]);
    t.is(stdout, 'EHOSTUNREACH\nEHOSTUNREACH\n', stderr);
    t.true(milliseconds < 4000, 'both are told, and need not wait');
    const ping = await dual.run(['ping', '-c', '1', '-W', '2', NOBODY]);
    t.regex(ping.stdout, /From 10\.170\.160\.0 icmp_seq=1 Destination Host Unreachable/);
    const told = await verdicts();
    t.true((told['refused-no-mapping'] ?? 0) >= 3, JSON.stringify(told));
    t.is(told['errors-sent'], told['refused-no-mapping']);

    // A flood: every packet is counted, few are answered.
    const packets = 3000;
    const flood = `
import socket
udp = socket.socket(type=socket.SOCK_DGRAM)
for port in range(${packets}): udp.sendto(b'x', ('${NOBODY}', 1024 + port))
`;
    const began = performance.now();
    await dual.must(['python3', '-c', flood]);
    let flooded = told;
    const more = (what: string): number => (flooded[what] ?? 0) - (told[what] ?? 0);
    // What the kernel dropped is told as well: the device keeps 1000 packets, and all that it keeps are read in time.
    const counted = async (): Promise<string> => {
      flooded = await verdicts();
      return String(more('refused-no-mapping') + more('unread'));
    };
    t.is(await settlesAt(counted, String(packets), 10_000), String(packets));
    const seconds = (performance.now() - began) / 1000;
    t.true(more('refused-no-mapping') >= 1000);
    t.is(more('errors-sent') + more('errors-limited'), more('refused-no-mapping'));
    t.true(more('errors-sent') <= 100 * (1 + Math.ceil(seconds)), `${more('errors-sent')} in ${seconds} s`);
    t.true(more('errors-limited') > 0);
    t.is((await agent.tell('stop')).status, 0);
    t.deepEqual(await watch.end(), { leaks: [], missed: 0 });
    t.deepEqual(await dual.differencesSince(before), []);
  },
);

/** What `host` is answered when it asks for the A record of a name: addresses, or a status. */
async function asks(from: 'dual' | 'neighbour', server: string): Promise<string> {
  const argv = ['dig', '+time=1', '+tries=1', `@${server}`, 'six.example', 'A'];
  return (await scene.lab.host(from).run(argv)).stdout;
}

test.serial(
  'M19, E15: no spool address leaves the host, in packets, in answers to others, or in questions to servers',
  async (t) => {
    const { agent, dual, host6 } = scene;
    const watch = await LeakWatch.begin(host6, 'eth0');
    const words = host6.start([...toolCommand('tcpdump'), '-n', '-l', '-vv', '-i', 'eth0', '-Z', 'root', 'port 53']);
    await words.says(/listening on/);
    await agent.start();
    t.is(await fetches(scene), 'yes');
    const { stdout: own } = await dual.run(['dig', '+short', 'six.example', 'A']);
    t.regex(own, /^10\.170\.1[67]\d\.\d+\n$/, 'this host has an answer with a spool address');
    const spool = own.trim();

    // Others ask this host, at each of its addresses, and ask the server it asks.
    for (const server of ['198.51.100.1', '2001:db8:6::1', SERVER])
      t.notRegex(await asks('neighbour', server), /\b10\.170\./, server);

    // Names of spool addresses, of somebody and of nobody: answered here, and the server is not asked.
    t.is((await dual.run(['dig', '+short', '-x', spool])).stdout, 'six.example.\n');
    t.regex((await dual.run(['dig', '-x', NOBODY])).stdout, /status: NXDOMAIN/);
    t.regex((await dual.run(['dig', '-x', '192.0.2.1'])).stdout, /status: /, 'any other is asked for');

    // Packets: with no route to the device but the default one; from a spool address; without mapping.
    for (const address of [spool, NOBODY]) {
      await dual.run(['ping', '-c', '1', '-W', '1', '-I', 'eth0', address]);
      await dual.run(['ping', '-c', '1', '-W', '1', address]);
    }
    await dual.must(['ip', 'address', 'add', `${NOBODY}/32`, 'dev', 'lo']);
    await dual.run(['ping', '-c', '1', '-W', '1', '-I', NOBODY, GATEWAY]);
    await dual.must(['ip', 'address', 'del', `${NOBODY}/32`, 'dev', 'lo']);

    t.is((await agent.tell('stop')).status, 0);
    t.deepEqual(await watch.end(), { leaks: [], missed: 0 });
    const { stdout: asked } = await words.stop('SIGINT');
    t.regex(asked, /A\? six\.example\./, 'the words of questions are seen');
    t.regex(asked, /PTR\? 1\.2\.0\.192\.in-addr\.arpa\./);
    t.notRegex(asked, /\b10\.170\.|\.170\.10\.in-addr/);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);

test.serial('M19: the same watch sees a spool address that leaves when nothing holds it back', async (t) => {
  const { dual, host6 } = scene;
  const { stdout } = await scene.lab.host('neighbour').run(['cat', '/sys/class/net/eth0/address']);
  const watch = await LeakWatch.begin(host6, 'eth0');
  // To everybody on the link, so that the third host sees it as well.
  await dual.must([
    'ip',
    'neigh',
    'replace',
    GATEWAY,
    'lladdr',
    'ff:ff:ff:ff:ff:ff',
    'dev',
    'eth0',
    'nud',
    'permanent',
  ]);
  await dual.run(['ping', '-c', '1', '-W', '1', NOBODY]);
  t.true((await watch.end()).leaks.length > 0, stdout);
  await dual.must(['ip', 'neigh', 'del', GATEWAY, 'dev', 'eth0']);
});
