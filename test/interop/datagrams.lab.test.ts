/**
 * UDP of every size through the bump, in fragments and in segments, with and without checksums, and the marks of traffic
 * class and ECN. Datagrams carry octets of which a shifted or lost part shows, and come back from the peer: every test is
 * one of both directions. Needs root and python3.
 */
import test from 'ava';
import { pair } from '../lab/networks.ts';
import { ask, endProbeScene, type ProbeScene, setProbeScene } from './probe-scene.ts';

/** Every size up to two packets' worth, then around powers of two and what IPv4 carries at most. */
const sizes = '1-3000,4095-4097,8191-8193,16383-16385,32767-32769,49999,60000,65000,65487-65489,65505-65507';
/** The largest datagram for which the route to the spool, of 1480 octets, needs no fragments. */
const MOST_IN_ONE = 1452;

let scene: ProbeScene;
test.before(async () => {
  scene = await setProbeScene(pair, { host: 'host6', device: 'eth0' });
  for (const host of [scene.dual, scene.host6]) await host.must(['sysctl', '-q', '-w', 'net.ipv4.tcp_ecn=1']);
});
test.after.always(() => scene?.lab.demolish());

/** Those sizes that did not come back as they were sent, with what happened instead. */
const echo = async (...words: string[]): Promise<Record<string, string[]>> =>
  ask<Record<string, string[]>>(scene, 'echo', 'six.example', ...words);

for (const discovery of ['want', 'dont']) {
  const how = discovery === 'want' ? 'with DF where it fits' : 'without DF';
  test.serial(
    `RFC 7915 4.5-UDP, 4.1-FRAG, 5.1.1-FH: datagrams of 1 to 65,507 octets go and come, ${how}`,
    async (t) => {
      t.deepEqual(await echo(sizes, discovery), {});
    },
  );
}

test.serial('RFC 7915 4.5-UDP0: datagrams without checksum get one', async (t) => {
  t.deepEqual(await echo(`1-${MOST_IN_ONE}`, 'want', '1', 'no'), {});
});

test.serial('RFC 7915 4.5-UDP0F: in fragments they are refused at once', async (t) => {
  t.deepEqual(await echo(`${MOST_IN_ONE + 1},9000`, 'want', '1', 'no'), {
    [MOST_IN_ONE + 1]: ['EHOSTUNREACH'],
    9000: ['EHOSTUNREACH'],
  });
});

test.serial('with DF on all of them, those that fit the route arrive and no others leave', async (t) => {
  t.deepEqual(await echo(`1400-${MOST_IN_ONE}`, 'do'), {});
  t.deepEqual(await echo(`${MOST_IN_ONE + 1}`, 'do'), { [MOST_IN_ONE + 1]: ['EMSGSIZE'] });
});

/** What so many octets are in segments. */
function segmented(octets: number, segment: number): number[] {
  const rest = octets % segment;
  return [...new Array(Math.floor(octets / segment)).fill(segment), ...(rest === 0 ? [] : [rest])];
}

for (const [octets, segment] of [
  [1001, 1000],
  [60_000, 1400],
  [65_000, MOST_IN_ONE],
  [2047, 16],
] as const) {
  for (const way of ['up', 'down']) {
    test.serial(
      `${octets} octets in segments of ${segment}, ${way}: they arrive as the datagrams they are`,
      async (t) => {
        const answer = await ask(scene, `segments_${way}`, 'six.example', `${octets}`, `${segment}`);
        t.deepEqual(answer, [segmented(octets, segment), true]);
      },
    );
  }
}

test.serial(
  'RFC 7915 4.1-TC, 5.1-TOS: type of service and traffic class are the same, ECN bits included',
  async (t) => {
    const seen = await ask<number[][]>(scene, 'classes', 'six.example');
    t.deepEqual(
      seen,
      [0, 1, 2, 3, 0xb8, 0xba, 0xff].map((service) => [service, service, service]),
    );
  },
);

test.serial('TCP with ECN is negotiated and marked from end to end, 20 MB each way', async (t) => {
  const octets = async (): Promise<number> => (await scene.agent.status())?.translator?.fourToSix.octets ?? 0;
  const before = await octets();
  t.deepEqual(await ask(scene, 'stream', 'six.example', '20000000'), { same: true, negotiated: true, seen: true });
  t.true((await octets()) - before > 20_000_000, 'and it came through the bump');
});

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  t.deepEqual(await endProbeScene(scene), []);
});
