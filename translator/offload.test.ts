import test from 'ava';
import { exampleMap } from '../test/reference/address-maps.ts';
import { answered, bump, translated } from '../test/reference/bump.ts';
import { areChecksumsRight } from '../test/reference/checksum.ts';
import { HeaderBuffer } from './header-buffer.ts';
import { gso, Offload, PacketBuffer } from './packet-buffer.ts';
import { parseIntoPacketBuffer, parsePacket } from './packet-text.ts';
import { PathMtu } from './path-mtu.ts';
import { translate6to4 } from './six-to-four.ts';
import { verdict } from './verdict.ts';

const from4 = 'IPv4 172.21.112.1 > 10.170.160.9';
const to6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9';
const from6 = 'IPv6 2001:db8::9 > fd00::ac15:7001';
const to4 = 'IPv4 10.170.160.9 > 172.21.112.1';

test('Offload: a partial checksum is the sum of the new pseudo-header, and stays partial', (t) => {
  for (const layers of ['TCP 1 > 2 ACK partial | [900]', 'UDP 1 > 2 partial | [901]']) {
    t.is(translated(`${from4} ttl=64 df | ${layers}`), `${to6} hlim=63 | ${layers}`);
    t.is(translated(`${from6} hlim=64 | ${layers}`), `${to4} ttl=63 | ${layers}`);
  }
});

test('Offload: segments of TCP change their type, those of UDP do not; the headers they name move along', (t) => {
  const tcp = (headers: number): string =>
    `TCP 1 > 2 ACK options=0101010101010101 partial gso=1400 headers=${headers} | [60000]`;
  const udp = 'UDP 1 > 2 partial gso=1200 | [60000]';
  t.is(translated(`${from4} ttl=64 df | ${tcp(58)}`), `${to6} hlim=63 | ${tcp(78)}`);
  t.is(translated(`${from6} hlim=64 | ${tcp(78)}`), `${to4} ttl=63 df | ${tcp(58)}`);
  t.is(translated(`${from4} ttl=64 df | ${udp}`), `${to6} hlim=63 | ${udp}`);
  t.is(translated(`${from6} hlim=64 | ${udp}`), `${to4} ttl=63 | ${udp}`);
  const types = (line: string): number => {
    const { octets, offload } = parsePacket(line);
    return bump(octets, offload).offload.gsoType;
  };
  t.is(types(`${from4} df | ${tcp(60)}`), gso.TCPV6);
  t.is(types(`${from6} | ${tcp(60)}`), gso.TCPV4);
  t.is(types(`${from4} df | ${udp}`), gso.UDP_L4);
});

test('Offload: ECN is carried', (t) => {
  t.regex(translated(`${from4} df | TCP 1 > 2 ACK,CWR partial gso=1400 ecn | [5000]`), /gso=1400 ecn/);
});

test('Offload 4.1-OPT 5.1-EXT: options and extension headers change where the checksum begins', (t) => {
  const layers = 'TCP 1 > 2 ACK partial gso=1400 | [5000]';
  t.is(translated(`${from4} ttl=64 df options=01010101 | ${layers}`), `${to6} hlim=63 | ${layers}`);
  t.is(translated(`${from6} hlim=64 | hop-by-hop 010400000000 | ${layers}`), `${to4} ttl=63 df | ${layers}`);
});

test('Offload 4.1-DF: segments must fit, the packet need not; DF of UDP segments does not matter', (t) => {
  t.regex(translated(`${from4} df | TCP 1 > 2 ACK partial gso=1440 | [20000]`), /gso=1440/);
  t.regex(answered(`${from4} df | TCP 1 > 2 ACK partial gso=1441 | [20000]`), /unreachable\/4 mtu=1480 \|/);
  t.regex(
    translated(`${from4} | UDP 1 > 2 partial gso=1452 | [20000]`),
    /^IPv6 .* hlim=63 \| UDP 1 > 2 partial gso=1452/,
  );
  t.regex(answered(`${from4} | UDP 1 > 2 partial gso=1453 | [20000]`), /unreachable\/4 mtu=1480 \|/);
});

test('Offload 5.1-PTB 5.1-DF: the same towards IPv4, where the segment decides about DF', (t) => {
  t.regex(translated(`${from6} | TCP 1 > 2 ACK partial gso=1460 | [20000]`), / df \|.*gso=1460/);
  t.regex(answered(`${from6} | TCP 1 > 2 ACK partial gso=1461 | [20000]`), /packet-too-big mtu=1520 \|/);
  t.false(translated(`${from6} | TCP 1 > 2 ACK partial gso=1220 | [20000]`).includes(' df '));
});

test('Offload 5.1-ID: segments that may be fragmented have identifications that no later packet has', (t) => {
  for (const [layer, segments] of [
    ['TCP 1 > 2 ACK partial gso=100', 400],
    ['TCP 1 > 2 ACK partial gso=1200', 34],
    ['UDP 1 > 2 partial gso=1', 40_000],
    ['UDP 1 > 2', 1],
  ] as const) {
    const packet = new PacketBuffer();
    parseIntoPacketBuffer(`${from6} | ${layer} | [${segments === 1 ? 100 : 40_000}]`, packet);
    const out = new HeaderBuffer();
    const identification = (): number => {
      t.is(translate6to4(packet, exampleMap, new PathMtu(), out), verdict.translated);
      return new DataView(out.join(packet, 0).buffer).getUint16(4);
    };
    const used = identification() - identification();
    t.true(-used >= segments && (segments > 1 || used === -1), `${layer}: ${used}`);
  }
});

test('Offload 4.1-FRAG 5.1.1-V4FRAG: a packet that is cut has its checksum completed', (t) => {
  t.false(translated(`${from4} | UDP 1 > 2 partial | [1401]`).includes('partial'));
  const whole = (line: string, settings = {}): Uint8Array => {
    const { octets, offload } = parsePacket(line);
    const { pieces } = bump(octets, offload, settings);
    t.true(pieces.length > 1);
    const header = line.startsWith('IPv4') ? 48 : 20;
    return new Uint8Array(Buffer.concat(pieces.map((piece, index) => (index === 0 ? piece : piece.subarray(header)))));
  };
  const six = whole(`${from4} | UDP 1 > 2 partial | [1401]`);
  const joined = new Uint8Array([
    ...six.subarray(0, 4),
    1409 >> 8,
    1409 & 255,
    17,
    63,
    ...six.subarray(8, 40),
    ...six.subarray(48),
  ]);
  t.true(areChecksumsRight(joined));
  t.false(translated(`${from4} | TCP 1 > 2 ACK partial | [1401]`).includes('partial'));
  const four = whole(`${from6} | UDP 1 > 2 partial | [1201]`, { mtu4: 600 });
  const view = new DataView(four.buffer);
  view.setUint16(2, four.length);
  view.setUint32(6, 0x00003f11);
  view.setUint16(10, 0);
  t.true(areChecksumsRight(new Uint8Array([...four.subarray(0, 10), ...headerChecksum(four), ...four.subarray(12)])));
});

/** The checksum of an IPv4 header whose own is 0, as two octets. */
function headerChecksum(header: Uint8Array): number[] {
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += (header[at] ?? 0) * 256 + (header[at + 1] ?? 0);
  const checksum = 0xffff - ((sum & 0xffff) + (sum >>> 16));
  return [checksum >> 8, checksum & 255];
}

test('Offload: a checksum inside the payload moves with it', (t) => {
  const { octets } = parsePacket(`${from4} | UDP 1 > 2 | [100]`);
  const offload = Object.assign(new Offload(), { needsChecksum: true, checksumStart: 40, checksumOffset: 16 });
  t.is(bump(octets, offload).offload.checksumStart, 60);
  const long4 = parsePacket(`${from4} | UDP 1 > 2 | [1300]`).octets;
  t.is(bump(long4, offload).verdict, 'dropped-bad-offload');
  const long6 = parsePacket(`${from6} | UDP 1 > 2 | [1200]`).octets;
  const inner = Object.assign(new Offload(), { ...offload, checksumStart: 60 });
  t.is(bump(long6, inner).offload.checksumStart, 40);
  t.is(bump(long6, inner, { mtu4: 1000 }).verdict, 'dropped-bad-offload');
});

test('ROBUST: offload that makes no sense is dropped', (t) => {
  const tcp = { needsChecksum: true, checksumStart: 20, checksumOffset: 16 };
  const udp = { needsChecksum: true, checksumStart: 20, checksumOffset: 6 };
  const rows: [string, Partial<Offload>][] = [
    ['TCP 1 > 2 | [100]', { gsoType: gso.TCPV4, gsoSize: 50 }],
    ['TCP 1 > 2 | [100]', { ...tcp, gsoType: gso.TCPV6, gsoSize: 50 }],
    ['TCP 1 > 2 | [100]', { ...tcp, gsoType: gso.UDP_L4, gsoSize: 50 }],
    ['TCP 1 > 2 | [100]', { ...tcp, gsoType: gso.TCPV4, gsoSize: 0 }],
    ['TCP 1 > 2 | [100]', { ...tcp, gsoType: 3, gsoSize: 50 }],
    ['TCP 1 > 2 | [100]', { ...tcp, checksumOffset: 6 }],
    ['TCP 1 > 2 | [100]', { ...tcp, checksumStart: 16 }],
    ['UDP 1 > 2 | [100]', { ...udp, gsoType: gso.TCPV4, gsoSize: 50 }],
    ['UDP 1 > 2 | [100]', { ...udp, checksumOffset: 16 }],
    ['UDP 1 > 2 | [100]', { ...udp, checksumStart: 127 }],
    ['protocol 47 | [100]', { ...udp }],
    ['ICMPv4 echo id=1 seq=1', { ...udp, checksumOffset: 2 }],
  ];
  for (const [layers, fields] of rows) {
    const { octets } = parsePacket(`${from4} | ${layers}`);
    t.is(
      bump(octets, Object.assign(new Offload(), fields)).verdict,
      'dropped-bad-offload',
      JSON.stringify([layers, fields]),
    );
  }
  const six = parsePacket(`${from6} | TCP 1 > 2 | [100]`).octets;
  const wrongFamily = Object.assign(new Offload(), { ...tcp, checksumStart: 40, gsoType: gso.TCPV4, gsoSize: 50 });
  t.is(bump(six, wrongFamily).verdict, 'dropped-bad-offload');
  const fragment = parsePacket(`${from4} mf | UDP 1 > 2 | [96]`).octets;
  t.is(bump(fragment, Object.assign(new Offload(), udp)).verdict, 'dropped-bad-offload');
});
