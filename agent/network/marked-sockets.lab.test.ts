/** Marked sockets against a kernel that looks at marks and devices. Needs root. */

import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import type { Socket as TcpSocket } from 'node:net';
import test from 'ava';
import { inNamespace } from '../../install/testing/namespace.ts';
import type { Upstream } from '../../resolver/upstream/upstream.ts';
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { nodeCommand } from '../../test/lab/tools.ts';
import type { Topology } from '../../test/lab/topology.ts';
import { markedSockets } from './marked-sockets.ts';

/**
 * Two ways to servers with the same addresses, told apart by the device only.
 * ```
 *   left   eth0  2001:db8::53/64, fe80::53/64, 192.0.2.53/24  ──  eth0  dual
 *   right  eth0  2001:db8::53/64, fe80::53/64, 192.0.2.53/24  ──  eth1
 * ```
 */
const servers = ['2001:db8::53/64', 'fe80::53/64', '192.0.2.53/24'];
const topology: Topology = {
  hosts: [{ name: 'dual' }, { name: 'left' }, { name: 'right' }],
  links: [
    {
      ends: [
        { host: 'dual', device: 'eth0', addresses: ['2001:db8::1/64', '192.0.2.1/24'] },
        { host: 'left', device: 'eth0', addresses: servers },
      ],
    },
    {
      ends: [
        { host: 'dual', device: 'eth1', addresses: ['2001:db8::2/64', '192.0.2.2/24'] },
        { host: 'right', device: 'eth0', addresses: servers },
      ],
    },
  ],
};

const MARK = 0x1000_0000;
const counters = `table inet count {
  chain out {
    type filter hook output priority 0;
    udp dport 53 meta mark ${MARK} counter comment "udp marked"
    udp dport 53 meta mark != ${MARK} counter comment "udp plain"
    tcp dport 53 meta mark ${MARK} counter comment "tcp marked"
    tcp dport 53 meta mark != ${MARK} counter comment "tcp plain"
  }
}`;

/** What a program in `dual` is answered. */
async function inside(transport: string, address: string): Promise<string> {
  const argv = [...nodeCommand('agent/network/testing/ask-marked.ts'), transport, address, String(MARK)];
  return (await dual.must(argv)).trim().split(',')[0] ?? '';
}

const ways = [
  ['IPv6', '2001:db8::53'],
  ['IPv4', '192.0.2.53'],
] as const;

let lab: Lab;
let dual: LabHost;
const sockets = markedSockets(MARK);
test.before(async () => {
  lab = await Lab.build(topology);
  dual = lab.host('dual');
  for (const name of ['left', 'right']) {
    const say = (address: string): Promise<unknown> =>
      lab
        .host(name)
        .start([...nodeCommand('install/testing/say.ts'), name, address, '53'])
        .says(/ready/);
    await Promise.all(['2001:db8::53', '192.0.2.53', 'fe80::53%eth0'].map(say));
  }
  const ping = (device: string, address: string): Promise<string> =>
    dual.must(['ping', '-c1', '-w10', '-I', device, address]);
  await Promise.all(['eth0', 'eth1'].flatMap((device) => ways.map(([, address]) => ping(device, address))));
  await dual.must(['nft', '-f', '-'], { input: counters });
});
test.after.always(() => lab?.demolish());

test('D1: however many questions are under way, no two of them have the same port', async (t) => {
  const upstream = { address: '127.0.0.1', port: 5353 };
  const open = await Promise.all(Array.from({ length: 2000 }, () => sockets.udp(upstream)));
  // With SO_REUSEADDR, which libuv sets, about 70 of them were.
  t.is(new Set(open.map((socket) => socket.address().port)).size, open.length);
  for (const socket of open) socket.close();
});

/** The words of counters that have counted. */
async function counted(): Promise<string[]> {
  const text = await dual.must(['nft', 'list', 'table', 'inet', 'count']);
  return [...text.matchAll(/packets (\d+) .*comment "([^"]+)"/g)].flatMap(([, packets, word]) =>
    packets === '0' || word === undefined ? [] : [word],
  );
}

/** A socket made in the namespace of `dual`: the descriptor is, before the first wait. */
function udp(upstream: Upstream): Promise<UdpSocket> {
  return inNamespace(dual.namespace, () => sockets.udp(upstream));
}

function tcp(upstream: Upstream): Promise<TcpSocket> {
  return inNamespace(dual.namespace, () => sockets.tcp(upstream));
}

async function askUdp(upstream: Upstream): Promise<string> {
  const socket = await udp(upstream);
  try {
    socket.send('who?');
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(3000) })) as [Buffer];
    return answer.toString();
  } finally {
    socket.close();
  }
}

async function askTcp(upstream: Upstream): Promise<string> {
  const socket = await tcp(upstream);
  try {
    socket.write('who?');
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(3000) })) as [Buffer];
    return answer.toString();
  } finally {
    socket.destroy();
  }
}

for (const [device, name] of [
  ['eth0', 'left'],
  ['eth1', 'right'],
] as const) {
  for (const [family, address] of ways) {
    test.serial(`a socket on ${device} asks the ${family} server behind it`, async (t) => {
      t.is(await askUdp({ address, port: 53, device }), name);
      t.is(await askTcp({ address, port: 53, device }), name);
    });
  }
  for (const transport of ['udp', 'tcp']) {
    test.serial(`a socket asks the link-local server of ${device} over ${transport}`, async (t) => {
      t.is(await inside(transport, `fe80::53%${device}`), name);
    });
  }
}

test.serial('without a device the routing table decides', async (t) => {
  t.regex(await askUdp({ address: '192.0.2.53', port: 53 }), /^left$/);
});

test.serial('every packet carried the mark, over UDP and TCP', async (t) => {
  t.deepEqual(await counted(), ['udp marked', 'tcp marked']);
});

test.serial('D1: a UDP socket is connected: its port is drawn, and others cannot send to it', async (t) => {
  const upstream = { address: '192.0.2.53', port: 53, device: 'eth0' };
  const [first, second] = [await udp(upstream), await udp(upstream)];
  t.teardown(() => [first, second].map((socket) => socket.close()));
  t.not(first.address().port, second.address().port);
  t.is(first.address().address, '192.0.2.1');
  t.is(first.remoteAddress().port, 53);
});

/** How many descriptors this process has once what was closed is closed. */
async function descriptors(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return fs.readdirSync('/proc/self/fd').length;
}

for (const [what, upstream] of [
  ['a device that is not there', { address: '192.0.2.53', port: 53, device: 'eth9' }],
  ['no route', { address: '2001:db8:ffff::1', port: 53 }],
] as const) {
  test.serial(`S12: ${what} is an error of the caller's, and no descriptor stays`, async (t) => {
    const before = await descriptors();
    for (let round = 0; round < 20; round++) {
      await t.throwsAsync(udp(upstream), { message: `Cannot reach the upstream ${upstream.address}` });
      const connection = await tcp(upstream).catch(() => undefined);
      if (connection !== undefined && !connection.closed) {
        await new Promise((resolve) => connection.once('close', resolve));
      }
    }
    t.is(await descriptors(), before);
  });
}
