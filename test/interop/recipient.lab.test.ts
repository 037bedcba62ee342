/**
 * The recipient: an IPv6 peer begins, and a program of this host that knows nothing but IPv4 answers (RFC 2767 §2, RFC
 * 6535 §2.2). What is not exposed, and what an IPv6 socket claims, is as it was without us. Needs root and python3.
 */
import test from 'ava';
import type { LabHost } from '../lab/lab-host.ts';
import { pair } from '../lab/networks.ts';
import type { Program } from '../lab/program.ts';
import { endProbeScene, type ProbeScene, python, setProbeScene } from './probe-scene.ts';

const DUAL = '2001:db8:6::1';
/** A port with IPv4-only servers, one that nobody listens to, and one with an IPv6 server. */
const PORT = '8080';
const CLOSED = '8081';
const NATIVE = '9000';
/** Less than any retransmission: what is refused is refused at once. */
const AT_ONCE = 500;

/** An IPv6 server that tells its peer and closes first. */
const nativeServer = `
import socket
listening = socket.create_server(("::", ${NATIVE}), family=socket.AF_INET6)
print("ready", flush=True)
while True:
    opened, peer = listening.accept()
    opened.sendall(b"native")
    opened.close()
`;

/** As ufw and firewalld do it. */
const closedFirewall = `table inet fw {
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "bis0" accept
    ct state established,related accept
  }
}
`;

let scene: ProbeScene;
let server: Program;
let native: Program;
test.before(async () => {
  scene = await setProbeScene(pair, { host: 'host6', device: 'eth0' });
  server = scene.dual.start([...python('ipv4-server.py'), PORT, '5000', '5010']);
  native = scene.dual.start(['python3', '-c', nativeServer]);
  await Promise.all([server.says(/ready/), native.says(/ready/)]);
});
test.after.always(() => scene?.lab.demolish());

/** Runs `ipv6-program.py` on the peer. */
async function peer<Answer>(host: LabHost, ...words: string[]): Promise<Answer> {
  return JSON.parse(await host.must([...python('ipv6-program.py'), ...words])) as Answer;
}

interface Knock {
  readonly tcp: string;
  readonly udp: string;
  readonly milliseconds: number;
}

const knock = (port: string): Promise<Knock> => peer(scene.host6, 'knock', DUAL, port);
const tell = async (...words: string[]): Promise<string> => (await scene.agent.tell(...words)).stdout.trim();
const refused = { tcp: 'ECONNREFUSED', udp: 'ECONNREFUSED' };

test.serial('S2: nothing is exposed until it is asked for, and refused at once', async (t) => {
  t.deepEqual((await scene.agent.status())?.exposed, []);
  const { milliseconds, ...outcome } = await knock(PORT);
  t.deepEqual(outcome, refused);
  t.true(milliseconds < AT_ONCE, `${milliseconds} ms`);
});

test.serial(
  'M7, RFC 6535 6535-IN: a peer reaches an exposed port over TCP and UDP, and has a spool address',
  async (t) => {
    t.is(await tell('expose', `tcp/${PORT}`, `udp/${PORT}`), `exposed: tcp/${PORT} udp/${PORT}`);
    t.is(await tell('expose', `tcp/${PORT}`), `exposed: tcp/${PORT} udp/${PORT}`, 'twice is once');
    t.like(await knock(PORT), { tcp: 'connected', udp: 'same' });
    t.regex(server.stdout, /^tcp 10\.170\.160\.1$/m);
    t.regex(server.stdout, /^udp 10\.170\.160\.1$/m);
    t.regex(await tell('mappings'), /^10\.170\.160\.1 +2001:db8:6::2 +live/m);
  },
);

test.serial('an exposed port where nobody listens refuses at once, as seen from the peer', async (t) => {
  await tell('expose', `tcp/${CLOSED}`, `udp/${CLOSED}`);
  const { milliseconds, ...outcome } = await knock(CLOSED);
  t.deepEqual(outcome, refused);
  t.true(milliseconds < AT_ONCE, `${milliseconds} ms`);
});

test.serial('a range of ports is exposed and no other', async (t) => {
  await tell('expose', 'udp/5000-5010');
  t.like(await knock('5000'), { tcp: 'ECONNREFUSED', udp: 'same' });
  t.like(await knock('5010'), { tcp: 'ECONNREFUSED', udp: 'same' });
  t.like(await knock('5011'), refused);
});

test.serial('what an IPv6 socket claims stays native, in TIME-WAIT too, with everything exposed', async (t) => {
  await tell('expose', 'tcp/1-65535', 'udp/1-65535');
  const before = (await scene.agent.status())?.translator?.sixToFour.packets;
  t.deepEqual(await peer(scene.host6, 'again', DUAL, NATIVE, '40000'), ['native', 'native']);
  t.regex(await scene.dual.must(['ss', '-Htn', 'state', 'time-wait']), new RegExp(`:${NATIVE}\\b`));
  t.is((await scene.agent.status())?.translator?.sixToFour.packets, before);
  t.like(await knock(PORT), { tcp: 'connected', udp: 'same' });
  await tell('unexpose', 'tcp/1-65535', 'udp/1-65535');
});

test.serial('a ping from a peer is answered by the host itself, whatever its size', async (t) => {
  await tell('expose', 'tcp/1-65535', 'udp/1-65535');
  const before = (await scene.agent.status())?.translator;
  for (const size of ['0', '56', '1453', '65507']) {
    t.regex(await scene.host6.must(['ping', '-c', '2', '-i', '0.1', '-s', size, DUAL]), / 2 received/, size);
  }
  t.deepEqual((await scene.agent.status())?.translator, before);
  await tell('unexpose', 'tcp/1-65535', 'udp/1-65535');
});

test.serial('unexpose ends what peers began: the next packet is refused', async (t) => {
  await tell('expose', `tcp/${PORT}`, `udp/${PORT}`);
  const kept = scene.host6.start([...python('ipv6-program.py'), 'keep', DUAL, PORT]);
  await kept.says(/^\{"tcp": "same", "udp": "same"\}$/m);
  t.is(await tell('unexpose', `tcp/${PORT}`, `udp/${PORT}`), 'nothing is exposed');
  await kept.says(/"tcp": "ECONNRESET", "udp": "ECONNREFUSED"/);
  await kept.stop();
  t.like(await knock(PORT), refused);
});

test.serial('expose reaches a peer that keeps trying, whatever its flow was before', async (t) => {
  const trying = scene.host6.start([...python('ipv6-program.py'), 'insist', DUAL, PORT]);
  await trying.says(/^"ECONNREFUSED"$/m);
  await tell('expose', `udp/${PORT}`);
  await trying.says(/^"same"$/m);
  await tell('unexpose', `udp/${PORT}`);
  await trying.says(/^"same"\n"ECONNREFUSED"$/m);
  t.is((await trying.stop()).stdout, '"ECONNREFUSED"\n"same"\n"ECONNREFUSED"\n');
});

test.serial('datagrams of 1 to 65,507 octets that the peer sends go and come', async (t) => {
  await tell('expose', `tcp/${PORT}`, `udp/${PORT}`);
  const sizes = '1-3000,4095-4097,8191-8193,16383-16385,32767-32769,49999,60000,65000,65487-65489,65505-65507';
  for (const discovery of ['want', 'dont']) {
    t.deepEqual(await peer(scene.host6, 'echo', DUAL, PORT, sizes, discovery), {}, discovery);
  }
});

test.serial('100 MB go and come over a connection the peer made', async (t) => {
  t.true(await peer(scene.host6, 'stream', DUAL, PORT, '100000000'));
});

test.serial(
  'S15: a firewall that lets only replies to the device is named, with the command that opens it',
  async (t) => {
    await scene.dual.must(['nft', '-f', '-'], { input: closedFirewall });
    let command: string | undefined;
    for (const deadline = performance.now() + 10_000; performance.now() < deadline && command === undefined; ) {
      command = (await scene.agent.status())?.reasons.find(({ code }) => code === 'firewall')?.command;
    }
    t.is((await knock(PORT)).tcp, 'timeout');
    await scene.dual.must(['sh', '-c', command ?? 'false']);
    t.like(await knock(PORT), { tcp: 'connected', udp: 'same' });
    await scene.dual.must(['nft', 'delete table inet fw']);
  },
);

test.serial('E14: the name of a spool address is that of the peer behind it', async (t) => {
  t.is((await scene.dual.must(['dig', '+short', '-x', '10.170.160.1'])).trim(), 'six.example.');
});

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  await Promise.all([server.stop(), native.stop()]);
  t.deepEqual(await endProbeScene(scene), []);
});
