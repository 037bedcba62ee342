/**
 * A neighbour that means harm and a guest that knows no better, both with a route to what is ours: nothing is translated
 * for them, nothing answers, no ARP tells that we are here (S1, S2); with forwarding off and on, with ports exposed and
 * not. Needs root and python3.
 */
import test, { type ExecutionContext } from 'ava';
import type { TranslatorStatus } from '../../agent/control/agent.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { lan } from '../lab/networks.ts';
import { endProbeScene, type ProbeScene, python, setProbeScene } from './probe-scene.ts';

const PORT = '8080';
/** What is ours alone. */
const OURS = '(net 10.170.160.0/20 or host 172.21.112.1 or net fc00::/7 or arp net 10.170.160.0/20)';

let scene: ProbeScene;
let neighbour: LabHost;
let link = '';
test.before(async () => {
  scene = await setProbeScene(lan, { host: 'host6', device: 'eth0' });
  neighbour = scene.lab.host('neighbour');
  const [{ address = '' } = {}] = JSON.parse(await scene.dual.must(['ip', '-j', 'link', 'show', 'eth0'])) as {
    address?: string;
  }[];
  link = address;
});
test.after.always(() => scene?.lab.demolish());

async function translator(): Promise<TranslatorStatus> {
  const status = await scene.agent.status();
  if (status?.translator == null) throw new Error('It is not up');
  return status.translator;
}

/** The part of the self prefix that is not an IPv4 address, `fd12:3456:789a::`. */
async function prefix(): Promise<string> {
  return ((await scene.agent.status())?.self ?? '').replace(/\/96$/, '');
}

/** Sends every attack, and asserts that nothing came of them. Returns the verdicts of what reached the device. */
async function attack(t: ExecutionContext, what: string): Promise<Record<string, number>> {
  const ula = await prefix();
  for (const argv of [
    ['ip', 'route', 'replace', '10.170.160.0/20', 'via', '198.51.100.1'],
    ['ip', 'route', 'replace', '172.21.112.1', 'via', '198.51.100.1'],
    ['ip', '-6', 'route', 'replace', `${ula}/96`, 'via', '2001:db8:6::1'],
  ]) {
    await neighbour.must(argv);
  }
  const before = await translator();
  const filter = `ether src ${link} and ${OURS}`;
  const answers = neighbour.start(['tcpdump', '-n', '-l', '--immediate-mode', '-i', 'eth0', filter]);
  await answers.says(/listening on/);
  const { sent, refused } = JSON.parse(await neighbour.must([...python('neighbour.py'), ula, PORT])) as {
    sent: number;
    refused: number;
  };
  t.true(sent > 500, `${sent} sent`);
  t.true(refused < sent / 20, `${refused} refused by the neighbour's own kernel`);
  // And what the neighbour's own kernel would say: ARP for what it believes to be on the link.
  await neighbour.must(['ip', 'route', 'replace', '172.21.112.1', 'dev', 'eth0']);
  await neighbour.run(['ping', '-c1', '-W1', '172.21.112.1']);
  t.notRegex(await neighbour.must(['ip', 'neigh', 'show', '172.21.112.1']), /lladdr/, 'no ARP reply');
  t.deepEqual((await answers.stop('SIGINT')).stdout.split('\n').filter(Boolean), [], `answers, ${what}`);
  const after = await translator();
  t.is(after.sixToFour.packets, before.sixToFour.packets, `translated to IPv4, ${what}`);
  t.is(after.fourToSix.packets, before.fourToSix.packets, `translated to IPv6, ${what}`);
  const verdicts = Object.entries(after.sixToFour.verdicts).map(([name, count]): [string, number] => [
    name,
    count - (before.sixToFour.verdicts[name] ?? 0),
  ]);
  return Object.fromEntries(verdicts.filter(([name, count]) => count > 0 && name !== 'dropped-multicast'));
}

/** Makes `dual` a router, and one that answers ARP for others, or neither. */
async function setForwarding(value: '0' | '1'): Promise<void> {
  const keys = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding', 'net.ipv4.conf.all.proxy_arp'];
  await scene.dual.must(['sysctl', '-q', '-w', ...keys.map((key) => `${key}=${value}`)]);
}

for (const isRouter of ['0', '1']) {
  test.serial(`S1, S2: a neighbour's packets, forged or not, come to nothing; forwarding ${isRouter}`, async (t) => {
    const { dual } = scene;
    // A mapping that is in use, so that there is something to reach.
    await dual.must(['ping', '-4', '-c', '1', 'six.example']);
    if (isRouter === '1') await setForwarding('1');
    t.deepEqual(await attack(t, 'nothing exposed'), {}, 'not even the device was reached');
    await scene.agent.tell('expose', `tcp/${PORT}`, `udp/${PORT}`);
    const verdicts = await attack(t, 'exposed');
    // What begins a flow to an exposed port gets so far, whoever it says it comes from, and no further.
    const dropped = ['dropped-illegal-address', 'dropped-no-mapping', 'dropped-stranger'];
    t.deepEqual(
      Object.keys(verdicts).filter((name) => !dropped.includes(name)),
      [],
    );
    t.true((verdicts['dropped-stranger'] ?? 0) > 0, 'the attacks do reach the device');
    t.notRegex((await scene.agent.tell('mappings')).stdout, /2001:db8:6::1 |fd|fe80|2001:db8:99/);
    await scene.agent.tell('unexpose', `tcp/${PORT}`, `udp/${PORT}`);
    if (isRouter === '1') await setForwarding('0');
  });
}

test.serial(
  'S1: a guest behind a bridge is told that a spool address cannot be reached, a neighbour is not',
  async (t) => {
    const { dual, lab } = scene;
    const guest = lab.host('neighbour').namespace;
    // A container as container engines make one: a veth pair, one end a port of a bridge with an address of ours.
    for (const argv of [
      ['ip', 'link', 'add', 'br-guest', 'type', 'bridge'],
      ['ip', 'address', 'add', '10.99.0.1/24', 'dev', 'br-guest'],
      ['ip', 'link', 'add', 'veth-guest', 'type', 'veth', 'peer', 'name', 'eth9', 'netns', guest],
      ['ip', 'link', 'set', 'veth-guest', 'master', 'br-guest'],
      ['ip', 'link', 'set', 'veth-guest', 'up'],
      ['ip', 'link', 'set', 'br-guest', 'up'],
    ]) {
      await dual.must(argv);
    }
    for (const argv of [
      ['ip', 'address', 'add', '10.99.0.2/24', 'dev', 'eth9'],
      ['ip', 'link', 'set', 'eth9', 'up'],
      ['ip', 'route', 'replace', '10.170.160.0/20', 'via', '10.99.0.1', 'dev', 'eth9'],
    ]) {
      await neighbour.must(argv);
    }
    const ping = async (): Promise<string> => (await neighbour.run(['ping', '-c1', '-W1', '10.170.160.1'])).stdout;
    let said = '';
    for (const deadline = performance.now() + 10_000; performance.now() < deadline && !/Unreachable/.test(said); ) {
      said = await ping();
    }
    t.regex(said, /From 10\.99\.0\.1 .*Destination Host Unreachable/);
    await neighbour.must(['ip', 'route', 'replace', '10.170.160.0/20', 'via', '198.51.100.1', 'dev', 'eth0']);
    t.notRegex(await ping(), /Unreachable|bytes from/);
    await dual.must(['ip', 'link', 'del', 'br-guest']);
    await dual.run(['ip', 'link', 'del', 'veth-guest']);
  },
);

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  // The watch also hears the neighbour ask for us, who gets no answer.
  const found = await endProbeScene(scene);
  t.deepEqual(
    found.filter((line) => !/ARP, Request who-has 172\.21\.112\.1 tell 198\.51\.100\.66/.test(line)),
    [],
  );
});
