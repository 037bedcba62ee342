/**
 * Path MTU discovery through the bump: two routers with less room between them than on either side, so that both ends
 * have to find out. The device itself takes packets of any length and the route to the spool those that fit the uplink:
 * what fits the path only the routers know. Needs root and python3.
 */
import test from 'ava';
import { narrow } from './probe-networks.ts';
import { ask, endProbeScene, type ProbeScene, setProbeScene } from './probe-scene.ts';

/** An IPv6 header is longer than IPv4's by 20 octets; those of IPv4 and UDP together have 28. */
const GROWTH = 20;
const HEADERS = 28;
/** What fits the uplink, and so what the ends believe at first. */
const UPLINK = 1500;

const OCTETS = 20_000_000;
/** A connection in a black hole moves nothing for seconds; this one needs a tenth of one. */
const MOST_SECONDS = 3;

/** Sizes of datagrams around everything that is a limit somewhere. */
const sizes = '1,1203-1262,1323-1382,1423-1482,2999,8191,16384,32769,65000,65505-65507';

const scenes = new Map<number, ProbeScene>();
test.before(async () => {
  for (const mtu of [1280, 1400]) scenes.set(mtu, await setProbeScene(narrow(mtu), { host: 'near', device: 'lan0' }));
});
test.after.always(() => {
  for (const { lab } of scenes.values()) lab.demolish();
});

/** Makes both ends forget what they learnt of paths. */
async function forget({ dual, host6 }: ProbeScene): Promise<void> {
  await dual.must(['ip', '-4', 'route', 'flush', 'cache']);
  await dual.must(['ip', '-6', 'route', 'flush', 'cache']);
  await host6.must(['ip', '-6', 'route', 'flush', 'cache']);
}

/** The MTUs that `dual` (of the route, if it learnt none) and the peer (`none` then) know of their path to each other. */
async function learnt({ dual, host6 }: ProbeScene): Promise<{ dual: string; host6: string }> {
  const address = (await dual.must(['dig', '+short', 'six.example', 'A'])).trim();
  const [four, six] = await Promise.all([
    dual.must(['ip', '-4', 'route', 'get', address]),
    host6.must(['ip', '-6', 'route', 'get', '2001:db8:1::1']),
  ]);
  const mtu = (route: string): string => /\bmtu (\d+)/.exec(route)?.[1] ?? 'none';
  return { dual: mtu(four), host6: mtu(six) };
}

for (const mtu of [1280, 1400]) {
  const scene = (): ProbeScene => scenes.get(mtu) as ProbeScene;
  const path = `${mtu} octets of room on the way`;

  test.serial(
    `RFC 6535 6535-MTU: ${path}: the device takes any length, the route to the spool what fits the uplink`,
    async (t) => {
      const { dual } = scene();
      t.regex(await dual.must(['ip', 'link', 'show', 'bis0']), / mtu 65535 /);
      t.regex(await dual.must(['ip', '-4', 'route', 'show', 'dev', 'bis0']), new RegExp(` mtu ${UPLINK - GROWTH}\\b`));
    },
  );

  test.serial(`RFC 7915 5.2-PTB: ${path}: TCP finds it out in both directions at once, no black hole`, async (t) => {
    await forget(scene());
    t.deepEqual(await learnt(scene()), { dual: `${UPLINK - GROWTH}`, host6: 'none' });
    const begun = performance.now();
    t.like(await ask(scene(), 'stream', 'six.example', `${OCTETS}`), { same: true });
    t.true(performance.now() - begun < MOST_SECONDS * 1000);
    t.deepEqual(await learnt(scene()), { dual: `${mtu - GROWTH}`, host6: `${mtu}` });
  });

  for (const way of ['up', 'down'] as const) {
    test.serial(`RFC 7915 5.2-PTB: ${path}: TCP finds it out ${way}, no black hole`, async (t) => {
      const { dual } = scene();
      await forget(scene());
      const url = `http://six.example/${way === 'up' ? '' : `bytes/${OCTETS}`}`;
      const body = way === 'up' ? ['--data-binary', '@-'] : [];
      const format = '%{size_upload} %{size_download} %{time_total}';
      const argv = [
        'curl',
        '-sS',
        '-4',
        '--max-time',
        '10',
        '-o',
        '/dev/null',
        '-w',
        format,
        '-H',
        'Expect:',
        ...body,
        url,
      ];
      const said = await dual.must(argv, way === 'up' ? { input: 'x'.repeat(OCTETS) } : {});
      const [up, down, seconds = Number.NaN] = said.split(' ').map(Number);
      t.is(way === 'up' ? up : down, OCTETS);
      t.true(seconds < MOST_SECONDS, said);
      const found = await learnt(scene());
      t.is(found[way === 'up' ? 'dual' : 'host6'], way === 'up' ? `${mtu - GROWTH}` : `${mtu}`);
    });
  }

  test.serial(`RFC 7915 4.1-DFOK, 5.2-PTB: ${path}: UDP with DF is told what fits, and that arrives`, async (t) => {
    await forget(scene());
    const mostOnUplink = UPLINK - GROWTH - HEADERS;
    t.deepEqual(await ask(scene(), 'discover', 'six.example', `${mostOnUplink}`), {
      tries: ['EMSGSIZE', 'EMSGSIZE', 'EMSGSIZE'],
      mtu: mtu - GROWTH,
      fits: 'same',
      over: 'EMSGSIZE',
    });
  });

  test.serial(`RFC 7915 5.2-PTB: ${path}: ping with DF is told what fits`, async (t) => {
    await forget(scene());
    const argv = ['ping', '-4', '-n', '-c', '1', '-W', '1', '-M', 'do', '-s', '1452', 'six.example'];
    const { stdout } = await scene().dual.run(argv);
    t.regex(stdout, new RegExp(`From 10\\.170\\.160\\.0 .*Frag needed and DF set \\(mtu = ${mtu - GROWTH}\\)`));
  });

  test.serial(`RFC 7915 4.1-FRAG: ${path}: UDP without DF arrives whole, and nobody has to be told`, async (t) => {
    await forget(scene());
    // The peer finds out as on any other path, at the cost of one reply.
    t.deepEqual(await ask(scene(), 'echo', 'six.example', '1452', 'dont', '2'), {});
    t.deepEqual(await ask(scene(), 'echo', 'six.example', sizes, 'dont', '1'), {});
    t.deepEqual(await learnt(scene()), { dual: `${UPLINK - GROWTH}`, host6: `${mtu}` });
  });

  test.serial(`RFC 7915 4.1-FRAG: ${path}: TCP without DF arrives whole, and nobody has to be told`, async (t) => {
    const { dual } = scene();
    // The kernel hands over many segments as one packet: each becomes fragments of its own.
    const discovery = (off: number): Promise<string> => dual.must(['sysctl', '-qw', `net.ipv4.ip_no_pmtu_disc=${off}`]);
    await forget(scene());
    await discovery(1);
    try {
      t.like(await ask(scene(), 'stream', 'six.example', `${OCTETS}`), { same: true });
      t.is((await learnt(scene())).dual, `${UPLINK - GROWTH}`);
    } finally {
      await discovery(0);
    }
  });

  test.serial(`RFC 7915 5.1.1-FH: ${path}: UDP as programs send it loses one datagram to finding out`, async (t) => {
    await forget(scene());
    t.deepEqual(await ask(scene(), 'echo', 'six.example', '1452', 'want', '3'), {});
    t.deepEqual(await ask(scene(), 'echo', 'six.example', sizes, 'want', '1'), {});
    t.deepEqual(await learnt(scene()), { dual: `${mtu - GROWTH}`, host6: `${mtu}` });
  });

  test.serial(`RFC 7915 1.2-ICMPFRAG: ${path}: pings of any size pass, replies too`, async (t) => {
    await forget(scene());
    // Once one reply came, ping waits for the last no longer than the interval.
    const ping = ['ping', '-4', '-n', '-i', '0.3', '-W', '1', 'six.example'];
    // The first ones go to finding out, as on any other path.
    await scene().dual.run([...ping, '-c', '3', '-s', '1452']);
    for (const size of [1231, 1232, 1233, 1352, 1353, 1452, 1453, 8000, 65_507]) {
      t.regex(await scene().dual.must([...ping, '-c', '2', '-s', `${size}`]), / 2 received/, `${size}`);
    }
  });
}

test.serial('S5: at the end the hosts are as they were, and nothing leaked', async (t) => {
  for (const scene of scenes.values()) t.deepEqual(await endProbeScene(scene), []);
});
