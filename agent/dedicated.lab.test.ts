/** Translated packets with an address of their own (`source = "dedicated"`), as a real peer sees it. Needs root and python3. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { LabHost } from '../test/lab/lab-host.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

const OWN = '2001:db8:6::1';

let scene: DaemonScene;
let before: Snapshot;
let config: string;
test.before(async () => {
  scene = await setDaemonScene();
  before = await scene.dual.snapshot();
  config = path.join(scene.lab.directory, 'bis.toml');
  fs.writeFileSync(config, '[uplink]\nsource = "dedicated"\n');
});
test.after.always(() => scene?.lab.demolish());

/** Starts the daemon; returns the address that only translated packets have. */
async function start(): Promise<string> {
  await scene.agent.start(20_000, '--config', config);
  return dedicated();
}

const dedicated = async (): Promise<string> =>
  ((await scene.agent.status())?.dedicated ?? []).map(({ device, address }) => `${device} ${address}`).join(', ');

/** Whose packets the server sees; what the program says without an answer. */
async function source(family: '-4' | '-6'): Promise<string> {
  const { stdout, stderr } = await scene.dual.run(['curl', '-sS', family, '--max-time', '5', 'http://six.example/']);
  return /You are (\S+)\.$/m.exec(stdout)?.[1] ?? `${stdout}${stderr}`.trim();
}

/** A TCP and UDP server of one family at port 8080, which says of which family it is. */
const server = (family: '4' | '6'): string => `
import socket, threading
family, any = (socket.AF_INET, "0.0.0.0") if "${family}" == "4" else (socket.AF_INET6, "::")
udp = socket.socket(family, socket.SOCK_DGRAM)
tcp = socket.socket(family, socket.SOCK_STREAM)
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
for each in udp, tcp:
    if family == socket.AF_INET6: each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    each.bind((any, 8080))
def answer():
    while True:
        _, peer = udp.recvfrom(100)
        udp.sendto(b"IPv${family}", peer)
threading.Thread(target=answer, daemon=True).start()
tcp.listen()
print("ready", flush=True)
while True:
    opened, _ = tcp.accept()
    opened.sendall(b"IPv${family}")
    opened.close()
`;

/** What a peer hears at an address, over TCP and UDP, or why it hears nothing. */
const knocking = `
import socket, sys
said = []
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    knock = socket.socket(socket.AF_INET6, kind)
    knock.settimeout(3)
    try:
        knock.connect((sys.argv[1], 8080))
        if kind == socket.SOCK_DGRAM: knock.send(b"x")
        said.append(knock.recv(100).decode())
    except OSError as error:
        said.append(type(error).__name__)
print(*said)
`;

const knock = async (host: LabHost, address: string): Promise<string> =>
  (await host.must(['python3', '-c', knocking, address])).trim();

const addressOf = (text: string): string => text.replace('eth0 ', '');
const REFUSED = 'ConnectionRefusedError ConnectionRefusedError';

test.serial('translated packets have the dedicated address and no other; those of the host keep theirs', async (t) => {
  const { agent, dual, host6 } = scene;
  const text = await start();
  t.regex(text, /^eth0 2001:db8:6::?[0-9a-f:]+$/);
  const address = addressOf(text);
  t.not(address, OWN);
  const others = `(tcp or udp) and src net 2001:db8:6::/64 and port 80 and not src host ${address} and not src host 2001:db8:6::2`;
  const watch = host6.start(['tcpdump', '-n', '-l', '-i', 'eth0', '-Z', 'root', others]);
  await watch.says(/listening on/);
  for (let times = 0; times < 5; times++) t.is(await source('-4'), address);
  t.is((await watch.stop('SIGINT')).stdout.trim(), '');
  t.is(await source('-6'), OWN);
  t.regex(await dual.must(['ping', '-4', '-c', '1', '-W', '3', 'six.example']), / 0% packet loss/);
  t.regex(await host6.must(['ping', '-c', '1', '-W', '3', address]), / 0% packet loss/, 'it is the host’s');
  t.regex((await agent.tell('status')).stdout, new RegExp(`^ +source +${address} on eth0$`, 'm'));
});

test.serial('what is exposed is reached there whatever else listens, and nothing else is', async (t) => {
  const { agent, dual, host6 } = scene;
  const address = addressOf(await dedicated());
  const programs = [dual.start(['python3', '-c', server('4')]), dual.start(['python3', '-c', server('6')])];
  for (const program of programs) await program.says(/ready/);
  t.is(await knock(host6, address), REFUSED, 'no IPv6 program is there');
  t.is(await knock(host6, OWN), 'IPv6 IPv6');
  await agent.tell('expose', 'tcp/8080', 'udp/8080');
  t.is(await knock(host6, address), 'IPv4 IPv4');
  t.is(await knock(host6, OWN), 'IPv6 IPv6', 'beside it native programs stay native');
  await agent.tell('unexpose', 'tcp/8080', 'udp/8080');
  t.is(await knock(host6, address), REFUSED);
  for (const program of programs) await program.stop('SIGKILL');
});

test.serial('S5: in the end nothing is left, however it ends', async (t) => {
  t.is((await scene.agent.tell('stop')).status, 0);
  t.deepEqual(await scene.dual.differencesSince(before, 1000), [], 'stop');
  await start();
  process.kill(Number((await scene.agent.status())?.pid), 'SIGKILL');
  t.deepEqual(await scene.dual.differencesSince(before, 1000), [], 'SIGKILL');
});

test.serial('S7: renumbered: the new prefix gets an address within a second, and the old one goes', async (t) => {
  const { dual, host6 } = scene;
  const old = addressOf(await start());
  await host6.must(['ip', '-6', 'route', 'add', '2001:db8:9::/64', 'dev', 'eth0']);
  await dual.must(['ip', '-6', 'address', 'add', '2001:db8:9::1/64', 'dev', 'eth0', 'nodad']);
  await dual.must(['ip', '-6', 'route', 'add', '2001:db8:6::2/128', 'dev', 'eth0']);
  await dual.must(['ip', '-6', 'address', 'del', `${OWN}/64`, 'dev', 'eth0']);
  const isNew = async (): Promise<string> => String(/^eth0 2001:db8:9:[0-9a-f:]+$/.test(await dedicated()));
  t.is(await settlesAt(isNew, 'true', 5000), 'true');
  const wanted = addressOf(await dedicated());
  // A question that was under way is asked again after five seconds.
  t.is(await settlesAt(() => source('-4'), wanted, 10_000), wanted);
  t.false((await dual.must(['ip', '-6', 'address', 'show', 'dev', 'eth0'])).includes(old));
  await dual.must(['ip', '-6', 'address', 'add', `${OWN}/64`, 'dev', 'eth0', 'nodad']);
  await dual.must(['ip', '-6', 'route', 'del', '2001:db8:6::2/128', 'dev', 'eth0']);
  await dual.must(['ip', '-6', 'address', 'del', '2001:db8:9::1/64', 'dev', 'eth0']);
  t.is(await settlesAt(dedicated, `eth0 ${old}`, 5000), `eth0 ${old}`, 'the same again');
  t.is((await scene.agent.tell('stop')).status, 0);
});

test.serial('what somebody else on the link has is not taken', async (t) => {
  const { agent, dual, host6 } = scene;
  const first = addressOf(await start());
  t.is((await agent.tell('stop')).status, 0);
  await host6.must(['ip', '-6', 'address', 'add', `${first}/128`, 'dev', 'eth0', 'nodad', 'preferred_lft', '0']);
  await dual.must(['sysctl', '-q', '-w', 'net.ipv6.conf.all.accept_dad=1', 'net.ipv6.conf.eth0.accept_dad=1']);
  const second = addressOf(await start());
  t.regex(second, /^2001:db8:6:/);
  t.not(second, first);
  t.is(await source('-4'), second);
  t.is((await agent.tell('stop')).status, 0);
});
