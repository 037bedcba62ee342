/** ICMP errors of a live device (S4): so many a second at most, whatever the number of queues, and none about an error. Needs root and python3. */
import test from 'ava';
import { fetches, setDaemonScene } from '../testing/daemon-scene.ts';

/** Datagrams to spool addresses that stand for nobody, from many ports, so that they come through every queue. */
const flood = `
import socket, sys, time
senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(16)]
end = time.monotonic() + float(sys.argv[1])
sent = 0
while time.monotonic() < end:
    for sender in senders:
        try: sender.sendto(b"x", (f"10.170.161.{sent % 200 + 1}", 9))
        except OSError: pass  # An error that came back is told at the next send.
        sent += 1
print(sent)
`;

/** ICMP errors to the same addresses, quoting a datagram that they might have sent: nobody may answer those. */
const errors = `
import socket, struct
def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for number in range(50):
    spool = socket.inet_aton(f"10.170.162.{number + 1}")
    quote = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 36, 0, 0, 64, 17, 0, spool, socket.inet_aton("172.21.112.1")) + bytes(16)
    for kind in 3, 11, 12:
        body = struct.pack("!BBHI", kind, 1 if kind == 3 else 0, 0, 0) + quote
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        raw.sendto(body, (f"10.170.162.{number + 1}", 0))
print("sent")
`;

const SECONDS = 4;
const MOST_IN_A_SECOND = 100;

test.serial(
  'S4: at most 100 errors in any second from all queues of a live device, and none about errors',
  async (t) => {
    t.timeout(60_000);
    const scene = await setDaemonScene();
    t.teardown(() => scene.lab.demolish());
    const { agent, dual } = scene;
    await agent.start();
    t.is(await fetches(scene), 'yes');
    const argv = [
      'tcpdump',
      '-n',
      '-l',
      '-tt',
      '-i',
      'bis0',
      '-Q',
      'in',
      '-Z',
      'root',
      'icmp[icmptype] == icmp-unreach',
    ];
    const watch = dual.start(argv);
    await watch.says(/listening on/);
    const sent = Number(await dual.must(['python3', '-c', flood, String(SECONDS)]));
    t.true(sent > 10 * SECONDS * MOST_IN_A_SECOND, `${sent} sent`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const times = [...watch.stdout.matchAll(/^(\d+\.\d+) IP /gm)].map(([, seconds]) => Number(seconds));
    t.true(times.length > SECONDS * 30, `${times.length} errors: somebody is told`);
    for (const [index, from] of times.entries()) {
      const within = times.slice(index).findIndex((time) => time >= from + 1);
      const count = within < 0 ? times.length - index : within;
      t.true(count <= MOST_IN_A_SECOND, `${count} errors in a second`);
    }
    const before = (await agent.status())?.translator?.fourToSix.verdicts ?? {};
    t.true((before['errors-limited'] ?? 0) > 0);
    t.is((await dual.must(['python3', '-c', errors])).trim(), 'sent');
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.is([...watch.stdout.matchAll(/^(\d+\.\d+) IP /gm)].length, times.length, 'no error about an error');
    const after = (await agent.status())?.translator?.fourToSix.verdicts ?? {};
    t.is(after['errors-sent'], before['errors-sent']);
    t.is(after['errors-limited'], before['errors-limited'], 'they do not even count');
    await watch.stop('SIGINT');
    t.is((await agent.tell('stop')).status, 0);
  },
);
