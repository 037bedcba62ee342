/**
 * What an IPv4-only program is told when its packets do not arrive: the error it knows, at once, and who said so. And
 * traceroute, which lives on errors. Needs root, traceroute and python3.
 */
import test from 'ava';
import { narrow } from './probe-networks.ts';
import { ask, endProbeScene, type ProbeScene, setProbeScene } from './probe-scene.ts';

/** How late "at once" may be, in milliseconds, on a machine that may be busy: less than any retransmission. */
const AT_ONCE = 500;

/** RFC 6791: who has no mapping is seen as the first address of the spool, the bump itself as well. */
const SOMEBODY = '10.170.160.0';

/** Rejections by the code of "destination unreachable" (RFC 4443 §3.1), and a reset. */
const rejections = `table ip6 rejections {
  chain forward {
    type filter hook forward priority 0; policy accept;
    ip6 daddr 2001:db8:6::10 reject with icmpv6 type no-route
    ip6 daddr 2001:db8:6::11 reject with icmpv6 type admin-prohibited
    ip6 daddr 2001:db8:6::13 reject with icmpv6 type addr-unreachable
    ip6 daddr 2001:db8:6::14 reject with icmpv6 type port-unreachable
    ip6 daddr 2001:db8:6::15 reject with icmpv6 type policy-fail
    ip6 daddr 2001:db8:6::16 reject with icmpv6 type reject-route
    ip6 daddr 2001:db8:6::20 meta l4proto tcp reject with tcp reset
  }
}
`;

let scene: ProbeScene;
test.before(async () => {
  scene = await setProbeScene(narrow(1280), { host: 'near', device: 'lan0' });
  await scene.lab.host('near').must(['nft', '-f', '-'], { input: rejections });
});
test.after.always(() => scene?.lab.demolish());

interface Answer {
  readonly outcome: string;
  readonly milliseconds: number;
  /** Type and code of ICMPv4 and its source. */
  readonly cause?: string;
}

/** A place where packets end, and the error of programs and of ICMPv4 that says so. */
interface End {
  readonly title: string;
  readonly host: string;
  readonly port?: string;
  readonly error: string;
  /** Type and code. */
  readonly icmp: string;
}

const ends: readonly End[] = [
  { title: 'a closed port', host: 'six.example', port: '9', error: 'ECONNREFUSED', icmp: '3/3' },
  { title: 'no route on this host', host: 'unreachable.example', error: 'EHOSTUNREACH', icmp: '3/1' },
  { title: 'prohibited on this host', host: 'prohibited.example', error: 'EHOSTUNREACH', icmp: '3/10' },
  { title: 'no route on a router', host: 'noroute.example', error: 'EHOSTUNREACH', icmp: '3/1' },
  { title: 'code 0, no route', host: 'reject0.example', error: 'EHOSTUNREACH', icmp: '3/1' },
  { title: 'code 1, prohibited', host: 'reject1.example', error: 'EHOSTUNREACH', icmp: '3/10' },
  { title: 'code 3, address unreachable', host: 'reject3.example', error: 'EHOSTUNREACH', icmp: '3/1' },
  { title: 'code 4, port unreachable', host: 'reject4.example', error: 'ECONNREFUSED', icmp: '3/3' },
];

// Kernels limit how many errors they send: what asks the same hop again stands far apart in this file.
test.serial(
  'RFC 7915 4.1-TTLX, 5.2-TE: a datagram whose time runs out on the way is told so at each hop',
  async (t) => {
    for (const ttl of ['1', '2', '3', '4']) {
      const { outcome, cause, milliseconds } = await ask<Answer>(scene, 'send', 'six.example', '7', ttl);
      t.is(outcome, 'EHOSTUNREACH', `time to live ${ttl}`);
      t.is(cause, `11/0 ${SOMEBODY}`, `time to live ${ttl}`);
      t.true(milliseconds < AT_ONCE, `time to live ${ttl}: ${milliseconds} ms`);
    }
    t.like(await ask<Answer>(scene, 'send', 'six.example', '7', '5'), { outcome: 'same', cause: '' });
  },
);

for (const { title, host, port = '80', error, icmp } of ends) {
  test.serial(`RFC 7915 5.2-DU, 6791, 6535-ICMP: ${title}: ${error} at once, for TCP and UDP`, async (t) => {
    const tcp = await ask<Answer>(scene, 'connect', host, port);
    t.is(tcp.outcome, error);
    t.true(tcp.milliseconds < AT_ONCE, `${tcp.milliseconds} ms`);
    const udp = await ask<Answer>(scene, 'send', host, port);
    t.is(udp.outcome, error);
    t.true(udp.milliseconds < AT_ONCE, `${udp.milliseconds} ms`);
    const [told, teller] = (udp.cause ?? '').split(' ');
    t.is(told, icmp);
    if (host === 'six.example') t.regex(teller ?? '', /^10\.170\.1\d\d\.(?!0$)\d+$/, 'the peer speaks for itself');
    else t.is(teller, SOMEBODY);
  });
}

test.serial('RFC 6535 6535-NOMAP, M16: a spool address that stands for nobody: EHOSTUNREACH at once', async (t) => {
  for (const way of ['connect', 'send']) {
    const { outcome, milliseconds } = await ask<Answer>(scene, way, '10.170.170.170', '80');
    t.is(outcome, 'EHOSTUNREACH', way);
    t.true(milliseconds < AT_ONCE, `${way}: ${milliseconds} ms`);
  }
});

test.serial('a router that answers with a reset: ECONNREFUSED at once', async (t) => {
  const { outcome, milliseconds } = await ask<Answer>(scene, 'connect', 'reset.example', '80');
  t.is(outcome, 'ECONNREFUSED');
  t.true(milliseconds < AT_ONCE, `${milliseconds} ms`);
});

test.serial('RFC 7915 5.2-DU: codes that ICMPv4 does not know are not told', async (t) => {
  const hosts = ['reject5.example', 'reject6.example'];
  const answers = await Promise.all(hosts.map((host) => ask<Answer>(scene, 'send', host, '80', '64', '0.5')));
  t.deepEqual(
    answers.map(({ outcome, cause }) => [outcome, cause]),
    [
      ['timeout', ''],
      ['timeout', ''],
    ],
  );
});

/** Ways of probing, and what follows the destination: the length of packets. */
const traceroutes: readonly { title: string; options?: readonly string[]; length?: string }[] = [
  { title: 'UDP' },
  { title: 'UDP to one port', options: ['-U', '-p', '7'] },
  { title: 'UDP with DF, as long as fits', options: ['-F'], length: '1260' },
  { title: 'ICMP', options: ['-I'] },
  { title: 'TCP', options: ['-T', '-p', '80'] },
];

for (const { title, options = [], length } of traceroutes) {
  test.serial(`RFC 7915 4.1-TTLX, 5.2-TE, 6791: traceroute by ${title} shows every hop, no stars`, async (t) => {
    const to = ['six.example', ...(length === undefined ? [] : [length])];
    const argv = ['traceroute', '-4', '-n', '-q', '1', '-w', '2', '-m', '8', ...options, ...to];
    const [head = '', ...hops] = (await scene.dual.must(argv)).trim().split('\n');
    const address = /\((10\.170\.1[\d.]+)\)/.exec(head)?.[1];
    t.deepEqual(
      hops.map((line) => line.trim().split(/\s+/)[1]),
      // The bump, the kernel behind it, both routers.
      [...new Array(4).fill(SOMEBODY), address],
      hops.join('\n'),
    );
  });
}

test.serial('RFC 7915 4.1-TTLX, 5.2-TE: what mtr does: an echo for each hop is answered by it', async (t) => {
  for (let ttl = 1; ttl <= 4; ttl++) {
    const argv = ['ping', '-4', '-n', '-c', '1', '-W', '1', '-t', `${ttl}`, 'six.example'];
    const { stdout } = await scene.dual.run(argv);
    t.regex(stdout, /From 10\.170\.160\.0 icmp_seq=1 Time to live exceeded/, `time to live ${ttl}`);
  }
});

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  t.deepEqual(await endProbeScene(scene), []);
});
