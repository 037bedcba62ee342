/**
 * Other protocols pass as they are (RFC 7915 §4.5, §5.5). Kernels without the module have no SCTP sockets, and that of
 * the lab may be one of them: what passes here are packets of SCTP, with an INIT and its checksum, through raw sockets at
 * both ends. Associations are not tested. GRE likewise: packets, not tunnels. Needs root and python3.
 */
import test from 'ava';
import { pair } from '../lab/networks.ts';
import { ask, endProbeScene, type ProbeScene, setProbeScene } from './probe-scene.ts';

let scene: ProbeScene;
test.before(async () => {
  scene = await setProbeScene(pair, { host: 'host6', device: 'eth0' });
});
test.after.always(() => scene?.lab.demolish());

/** Numbers and octets of payload. GRE of less than 8 octets, header included, does not pass the kernel's NAT, native or not. */
const protocols = {
  SCTP: ['132', '0'],
  GRE: ['47', '4,5,1400,1449,8000,60001'],
  'protocol 253': ['253', '0,1,7,1432,1461,8000,60001'],
} as const;

for (const [name, [number, sizes]] of Object.entries(protocols)) {
  test.serial(`RFC 7915 4.5-OTHER: ${name} passes, and what comes back is what was sent`, async (t) => {
    t.deepEqual(await ask(scene, 'protocol', 'six.example', number, sizes), {});
  });
}

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  t.deepEqual(await endProbeScene(scene), []);
});
