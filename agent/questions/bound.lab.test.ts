/** Programs that are bound to a device (SO_BINDTODEVICE, socket(7)): caught on it, and asked of the server behind it. Needs root. */
import test from 'ava';
import { writeFile } from '../../test/lab/own-system.ts';
import { OFFICE, type ResolvedScene, setResolvedScene } from '../testing/resolved-scene.ts';

/** A server that is found behind both links, as an anycast address or that of a router is; each knows other names. */
const EVERYWHERE = '2001:db8:53::53';

/** Asks for the A record of a name over a bound socket; says how many answers there are and what the last one ends with. */
const program = `
import socket, struct, sys
device, server, name, kind = sys.argv[1:]
s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
if device != '-': s.setsockopt(socket.SOL_SOCKET, 25, device.encode())
s.settimeout(3)
s.connect((server, 53))
labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.'))
message = struct.pack('>6H', 7, 0x100, 1, 0, 0, 0) + labels + struct.pack('>B2H', 0, 1, 1)
s.send(struct.pack('>H', len(message)) + message if kind == 'tcp' else message)
answer = s.recv(4096)[2 if kind == 'tcp' else 0:]
rcode, answers = answer[3] & 15, struct.unpack('>H', answer[6:8])[0]
print('synthesized' if answers and answer[-4:-2] == b'\\x0a\\xaa' else 'rcode %d, %d answers' % (rcode, answers))
`;

let scene: ResolvedScene;
test.before(async () => {
  scene = await setResolvedScene({ hosts: 'files dns' });
  const { dual, lab } = scene;
  await dual.must(['ip', '-6', 'route', 'add', 'default', 'via', OFFICE, 'dev', 'eth1', 'metric', '2048']);
  for (const [name, prefix] of [
    ['host6', '2001:db8:6::1/128'],
    ['office', '2001:db8:9::1/128'],
  ] as const) {
    const host = lab.host(name);
    await host.must(['ip', '-6', 'address', 'add', `${EVERYWHERE}/128`, 'dev', 'eth0', 'nodad']);
    // Answers are to come from the address that was asked.
    await host.must(['ip', '-6', 'route', 'replace', prefix, 'dev', 'eth0', 'src', EVERYWHERE]);
  }
  await dual.must(['rm', '/etc/resolv.conf']);
  await writeFile(dual, '/etc/resolv.conf', `nameserver ${EVERYWHERE}\n`);
  await scene.agent.start();
});
test.after.always(() => scene?.lab.demolish());

for (const kind of ['udp', 'tcp']) {
  for (const [device, name, expected] of [
    ['-', 'six.example', 'synthesized'],
    ['eth0', 'six.example', 'synthesized'],
    ['eth0', 'pc.office', 'rcode 5, 0 answers'],
    ['eth1', 'pc.office', 'synthesized'],
    ['eth1', 'six.example', 'rcode 5, 0 answers'],
  ] as const) {
    const how = device === '-' ? 'not bound' : `bound to ${device}`;
    test.serial(`${kind}, ${how}, ${name}: ${expected}`, async (t) => {
      const argv = ['python3', '-c', program, device, EVERYWHERE, name, kind];
      t.is((await scene.dual.must(argv)).trim(), expected);
    });
  }
}
