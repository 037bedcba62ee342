import test from 'ava';
import { Offload } from '../../translator/packet-buffer.ts';
import { from4, from6, MONDAY, pumpScene, to4, to6 } from './fixture/pump-scene.ts';

const SECONDS = MONDAY / 1000;

test('TCP, UDP and echo pass both ways', (t) => {
  const scene = pumpScene();
  for (const [layers4, layers6] of [
    ['TCP 40000 > 80 SYN seq=7 win=64240 options=020405b4', 'TCP 40000 > 80 SYN seq=7 win=64240 options=020405b4'],
    ['UDP 40000 > 53 | "hello"', 'UDP 40000 > 53 | "hello"'],
    ['ICMPv4 echo id=1 seq=2 | [56]', 'ICMPv6 echo id=1 seq=2 | [56]'],
  ]) {
    t.deepEqual(scene.through(`${from4} ttl=64 df | ${layers4}`), [`${to6} hlim=63 | ${layers6}`]);
    t.deepEqual(scene.through(`${from6} hlim=64 | ${layers6}`), [`${to4} ttl=63 | ${layers4}`]);
  }
  t.deepEqual(scene.fourToSix(), { packets: 3, octets: 44 + 33 + 84, verdicts: { translated: 3 } });
  t.deepEqual(scene.sixToFour(), { packets: 3, octets: 64 + 53 + 104, verdicts: { translated: 3 } });
});

test('segments pass as one packet, with what is left to do', (t) => {
  const scene = pumpScene();
  const layers = 'TCP 1 > 2 ACK partial gso=1400';
  t.deepEqual(scene.through(`${from4} ttl=64 df | ${layers} headers=54 | [60000]`), [
    `${to6} hlim=63 | ${layers} headers=74 | [60000]`,
  ]);
  t.deepEqual(scene.through(`${from6} hlim=64 | ${layers} headers=74 | [60000]`), [
    `${to4} ttl=63 df | ${layers} headers=54 | [60000]`,
  ]);
});

test('a packet that is cut leaves as several, all of them', (t) => {
  const scene = pumpScene();
  const pieces = scene.through(`${from4} ttl=64 id=7 | UDP 1 > 2 | [3000]`);
  t.is(pieces.length, 3);
  for (const piece of pieces) t.true(piece.startsWith(`${to6} hlim=63 | fragment id=7 `), piece);
  t.is(scene.fourToSix().packets, 1);
});

test('every verdict has its counter', (t) => {
  const rows: [string, string][] = [
    [`${from4} | UDP 1 > 2`, 'translated'],
    [`${from4} total=29 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} bad+0x0001 | UDP 1 > 2`, 'dropped-bad-header-checksum'],
    [`${from4} | protocol 58 | 0x8000000000000000`, 'dropped-protocol'],
    [`${from4} | ICMPv4 13 | 0x00000000`, 'dropped-icmp-type'],
    [`${from4} ttl=1 | UDP 1 > 2`, 'refused-time-exceeded'],
    [`${from4} df | UDP 1 > 2 | [1472]`, 'refused-packet-too-big'],
    ['IPv4 172.21.112.1 > 10.170.160.77 | UDP 1 > 2', 'refused-no-mapping'],
  ];
  for (const [line, expected] of rows) {
    const scene = pumpScene();
    scene.through(line);
    t.is(scene.fourToSix().verdicts[expected], 1, line);
    t.deepEqual(scene.sixToFour().verdicts, {}, line);
  }
  const scene = pumpScene();
  scene.through('IPv6 2001:db8::77 > fd00::ac15:7001 | UDP 1 > 2');
  t.deepEqual(scene.sixToFour().verdicts, { 'dropped-stranger': 1 });
});

test('S1: what would go round in circles is dropped in silence', (t) => {
  const rows4 = [
    // Not of the spool: the translator knows a self address for it, and the kernel would route that back.
    'IPv4 172.21.112.1 > 192.0.2.7 | UDP 1 > 2',
    'IPv4 172.21.112.1 > 172.21.112.2 ttl=1 | UDP 1 > 2',
    // From the spool: this host does not send as a peer.
    'IPv4 10.170.160.9 > 10.170.160.9 | UDP 1 > 2',
    'IPv4 10.170.160.0 > 10.170.160.9 | UDP 1 > 2',
  ];
  const rows6 = [
    'IPv6 fd00::ac15:7001 > fd00::ac15:7001 | UDP 1 > 2',
    'IPv6 fd00::c000:207 > fd00::ac15:7001 hlim=1 | UDP 1 > 2',
    'IPv6 2001:db8::9 > 2001:db8::9 | UDP 1 > 2',
    'IPv6 fd00::ac15:7001 > 2001:db8::9 | UDP 1 > 2',
  ];
  for (const line of [...rows4, ...rows6]) {
    const scene = pumpScene();
    t.deepEqual(scene.through(line), [], line);
    t.deepEqual((rows4.includes(line) ? scene.fourToSix() : scene.sixToFour()).verdicts, { 'dropped-loop': 1 }, line);
  }
});

test('what the kernel says on every device is dropped in silence, and not called a loop', (t) => {
  for (const [line, expected] of [
    ['IPv6 fe80::1 > ff02::2 hlim=255 | ICMPv6 133 | 0x00000000', 'dropped-multicast'],
    ['IPv6 :: > ff02::16 hlim=1 | hop-by-hop 050200000100 | ICMPv6 143 | 0x00000000', 'dropped-multicast'],
    ['IPv4 172.21.112.1 > 224.0.0.22 ttl=1 | protocol 2 | 0x2200000000000000', 'dropped-multicast'],
    ['IPv4 172.21.112.1 > 255.255.255.255 | UDP 68 > 67', 'dropped-multicast'],
  ] as const) {
    const scene = pumpScene();
    t.deepEqual(scene.through(line), [], line);
    const { verdicts } = line.startsWith('IPv4') ? scene.fourToSix() : scene.sixToFour();
    t.deepEqual(Object.keys(verdicts), [expected], line);
  }
});

test('octets that are no packet are dropped, of any length and version', (t) => {
  const scene = pumpScene();
  for (const version of [0, 4, 5, 6, 15]) {
    for (let length = 1; length < 60; length++) {
      const octets = new Uint8Array(length).fill(0xff);
      octets[0] = version << 4;
      scene.device.put(octets);
    }
  }
  t.deepEqual(scene.through([]), []);
  t.is(scene.sixToFour().verdicts['dropped-malformed'], 59);
  t.is(scene.fourToSix().verdicts['dropped-malformed'], 4 * 59);
});

test('M11: packets of this host hold their mapping, those of the peer only show that it is used', (t) => {
  const scene = pumpScene();
  const { table, position } = scene;
  scene.through(`${from6} | UDP 1 > 2`, MONDAY + 500);
  t.is(table.lastPacket(position), SECONDS);
  t.is(table.heldUntil(position), 0);
  scene.through(`${from4} | UDP 1 > 2`, MONDAY + 10_999);
  t.is(table.lastPacket(position), SECONDS + 10);
  t.is(table.heldUntil(position), SECONDS + 10 + 300);
  scene.through(`${from4} | TCP 1 > 2 ACK`, MONDAY + 20_000);
  t.is(table.connectedUntil(position), SECONDS + 20 + 7440);
  scene.through(`${from4} | TCP 1 > 2 RST`, MONDAY + 30_000);
  t.is(table.connectedUntil(position), SECONDS + 20 + 7440, 'a hold is never made shorter');
  t.is(table.heldUntil(position), SECONDS + 10 + 300);
  t.deepEqual([table.packets(position), table.octets(position) > 4 * 28], [4, true]);
});

test('M11: a packet that is not translated holds nothing', (t) => {
  const scene = pumpScene();
  scene.through([`${from4} ttl=1 | UDP 1 > 2`, `${from4} bad+0x0001 | UDP 1 > 2`]);
  t.is(scene.table.heldUntil(scene.position), 0);
  t.is(scene.table.lastPacket(scene.position), 0);
});

test('a device that refuses a packet is counted for every piece, and the next packet passes', (t) => {
  const scene = pumpScene();
  scene.device.isFull = true;
  t.deepEqual(scene.through(`${from4} id=7 | UDP 1 > 2 | [3000]`), []);
  t.deepEqual(scene.through(`${from6} | UDP 1 > 2`), []);
  scene.device.isFull = false;
  t.is(scene.through(`${from4} | UDP 1 > 2`).length, 1);
  t.deepEqual(scene.fourToSix().verdicts, { translated: 2, 'device-refused': 3 });
  t.deepEqual(scene.sixToFour().verdicts, { translated: 1, 'device-refused': 1 });
});

test('draining ends at its limit, and goes on from there', (t) => {
  const { device, pump } = pumpScene();
  for (let count = 0; count < 10; count++) device.put(new Uint8Array([0x45]), new Offload());
  t.deepEqual([pump.drain(4, MONDAY), pump.drain(4, MONDAY), pump.drain(4, MONDAY)], [4, 4, 2]);
  t.is(pump.drain(4, MONDAY), 0);
});

test('identifications begin where chance says', (t) => {
  const scene = pumpScene({ random: (words) => words.fill(0x1234) });
  const [first, second] = scene.through([`${from6} | UDP 1 > 2`, `${from6} | UDP 1 > 2`]);
  t.regex(first ?? '', / id=4660 /);
  t.regex(second ?? '', / id=4661 /);
});

test('RFC 7915 1.2-ICMPFRAG: a large ping is put together, translated, and cut for the other side', (t) => {
  const scene = pumpScene();
  // An echo request of 8 + 1,480 octets of zeros; its checksum is that of type, identifier and sequence number.
  const first = `${from4} ttl=64 id=9 mf | protocol 1 | 0x0800f7fc00010002${'00'.repeat(1472)}`;
  t.deepEqual(scene.through(`${from4} ttl=64 id=9 offset=1480 | protocol 1 | [8]`), []);
  t.deepEqual(scene.through(first.replace('id=9', 'id=10')), [], 'another datagram');
  const out = scene.through(first);
  t.is(out.length, 2);
  for (const piece of out) t.true(piece.startsWith(`${to6} hlim=63 | fragment id=`), piece);
  t.deepEqual(scene.fourToSix().verdicts, { translated: 1 });

  const reply = pumpScene();
  const rest = reply.through(`${from6} hlim=64 | fragment id=5 offset=1448 | protocol 58 | [40]`);
  t.deepEqual(rest, []);
  const head = `0x8100${'0000'}00010002${'00'.repeat(1440)}`;
  const [whole, ...more] = reply.through(`${from6} hlim=64 | fragment id=5 mf | protocol 58 | ${head}`);
  t.deepEqual(more, []);
  t.true(whole?.startsWith(`${to4} ttl=63`), whole);
  t.true(whole?.includes('ICMPv4 echo-reply id=1 seq=2'), whole);
});
