import test from 'ava';
import { ipv6 } from '../mapper/address/ipv6.ts';
import { ipv6Prefix } from '../mapper/address/prefix.ts';
import { EmbeddingMap } from '../test/reference/address-maps.ts';
import { answered, bump, translated } from '../test/reference/bump.ts';
import { parsePacket } from './packet-text.ts';

const hello = '| UDP 40000 > 53 | "hello"';
const from = 'IPv4 172.21.112.1 > 10.170.160.9';
const to = 'IPv6 fd00::ac15:7001 > 2001:db8::9';

test('RFC 7915 4.1-VER 4.1-NH: a packet becomes IPv6, flow label 0, with the same transport', (t) => {
  t.is(translated(`${from} ttl=64 df ${hello}`), `${to} hlim=63 ${hello}`);
});

test('RFC 7915 4.1-TC: the traffic class is the type of service, ECN included', (t) => {
  for (const tos of [1, 3, 184, 255])
    t.is(translated(`${from} ttl=64 tos=${tos} ${hello}`), `${to} hlim=63 class=${tos} ${hello}`);
});

test('RFC 7915 4.1-TC0: on request the traffic class is 0', (t) => {
  t.is(translated(`${from} ttl=64 tos=255 ${hello}`, { ignoreTrafficClass: true }), `${to} hlim=63 ${hello}`);
});

test('RFC 7915 4.1-HL: the hop limit is one less than the time to live', (t) => {
  for (const ttl of [2, 64, 255]) t.is(translated(`${from} ttl=${ttl} ${hello}`), `${to} hlim=${ttl - 1} ${hello}`);
  t.is(translated(`${from} ttl=64 ${hello}`, { hideHop: true }), `${to} hlim=64 ${hello}`);
  t.is(translated(`${from} ttl=1 ${hello}`, { hideHop: true }), `${to} hlim=1 ${hello}`);
});

test('RFC 7915 4.1-TTLX: a time to live that would end is answered, but not of an error', (t) => {
  const error = `IPv4 10.170.160.9 > 172.21.112.1 ttl=1 | ICMPv4 unreachable/1 | ${from} ttl=9 ${hello}`;
  for (const ttl of [0, 1]) {
    t.is(
      answered(`${from} ttl=${ttl} ${hello}`),
      `IPv4 172.21.127.254 > 172.21.112.1 ttl=64 tos=192 df | ICMPv4 time-exceeded | ${from} ttl=${ttl} ${hello}`,
    );
  }
  t.is(answered(error), 'refused-time-exceeded');
});

test('RFC 7915 4.1-PL 4.1-OPT: options are left out, whatever their length', (t) => {
  t.is(translated(`${from} ttl=64 options=94040000 ${hello}`), `${to} hlim=63 ${hello}`);
  t.is(translated(`${from} ttl=64 options=${'01'.repeat(39)}00 ${hello}`), `${to} hlim=63 ${hello}`);
  t.is(translated(`${from} ttl=64 total=33 ${hello} | "trailer"`), `${to} hlim=63 ${hello}`);
});

test('RFC 7915 4.1-SR: a source route that is not at its end is refused', (t) => {
  for (const kind of ['83', '89']) {
    const line = `${from} ttl=64 options=${kind}0704c000020100 ${hello}`;
    t.is(answered(line), `IPv4 172.21.127.254 > 172.21.112.1 ttl=64 tos=192 df | ICMPv4 unreachable/5 | ${line}`);
    t.is(translated(line, { icmpErrors: false }), 'dropped-source-route');
  }
});

test('RFC 7915 4.1-SRX: a source route that was followed to its end is left out', (t) => {
  t.is(translated(`${from} ttl=64 options=830708c000020100 ${hello}`), `${to} hlim=63 ${hello}`);
});

test('RFC 7915 4.1-SRC: illegal sources are dropped in silence', (t) => {
  for (const source of ['0.0.0.0', '127.0.0.1', '169.254.1.1', '224.0.0.1', '240.0.0.1', '255.255.255.255']) {
    t.is(translated(`IPv4 ${source} > 10.170.160.9 ${hello}`), 'dropped-illegal-address', source);
  }
});

test('RFC 7915 MCAST 6535-MC: destinations that are not one host are dropped', (t) => {
  const rows: [string, string][] = [
    ['224.0.0.251', 'dropped-multicast'],
    ['239.255.255.255', 'dropped-multicast'],
    ['255.255.255.255', 'dropped-multicast'],
    ['127.0.0.1', 'dropped-illegal-address'],
    ['169.254.9.9', 'dropped-illegal-address'],
    ['0.0.0.0', 'dropped-illegal-address'],
    ['240.0.0.1', 'dropped-illegal-address'],
  ];
  for (const [destination, verdict] of rows) {
    t.is(translated(`IPv4 172.21.112.1 > ${destination} ${hello}`), verdict, destination);
  }
});

test('RFC 6052 6052-5.1: a map that gives an illegal IPv6 address is not believed', (t) => {
  t.is(translated(`${from} ${hello}`, { maps: new EmbeddingMap(0, 0, 0) }), 'dropped-illegal-address');
  t.is(translated(`${from} ${hello}`, { maps: new EmbeddingMap(0xfe800000, 0, 0) }), 'dropped-illegal-address');
});

test('6535-NOMAP MAP-46 M16: a destination without mapping is an unreachable host', (t) => {
  const line = `IPv4 172.21.112.1 > 10.170.160.200 ttl=64 ${hello}`;
  t.is(answered(line), `IPv4 172.21.127.254 > 172.21.112.1 ttl=64 tos=192 df | ICMPv4 unreachable/1 | ${line}`);
  t.is(translated(line), 'refused-no-mapping');
  t.is(translated(line, { icmpErrors: false }), 'dropped-no-mapping');
});

test('RFC 7915 4.4 MAP-46: a source without mapping is told that it may not', (t) => {
  const line = `IPv4 192.0.2.1 > 10.170.160.9 ttl=64 ${hello}`;
  t.is(answered(line), `IPv4 172.21.127.254 > 192.0.2.1 ttl=64 tos=192 df | ICMPv4 unreachable/13 | ${line}`);
  t.is(translated(line, { icmpErrors: false }), 'dropped-no-mapping');
});

test('RFC 7915 4.1-TTLX: the mapping is looked at before the time to live', (t) => {
  t.is(translated(`IPv4 172.21.112.1 > 10.170.160.200 ttl=1 ${hello}`), 'refused-no-mapping');
});

test('RFC 7915 4.1-DF 6535-MTU: what does not fit and may not be cut is refused, with the MTU that fits', (t) => {
  const line = (octets: number): string => `${from} ttl=64 df | UDP 1 > 2 | [${octets}]`;
  t.is(translated(line(1452)), `${to} hlim=63 | UDP 1 > 2 | [1452]`);
  t.regex(answered(line(1453)), /^IPv4 172.21.127.254 > 172.21.112.1 .*ICMPv4 unreachable\/4 mtu=1480 \|/);
  t.regex(answered(line(1300), { mtu6: 1280 }), /mtu=1260/);
});

test('RFC 7915 4.1-DF 4.1-OPT: options count for what fits, as the total length does', (t) => {
  const line = (octets: number): string => `${from} ttl=64 df options=01010101 | UDP 1 > 2 | [${octets}]`;
  t.is(translated(line(1448)), `${to} hlim=63 | UDP 1 > 2 | [1448]`);
  t.regex(answered(line(1449)), /ICMPv4 unreachable\/4 mtu=1480 \|/);
});

test('RFC 7915 4.2-SINGLE 4.2-IGMP 1.2-ICMPFRAG: silence holds on the last hop, for what is too big, and for nobody', (t) => {
  const nobody = 'IPv4 172.21.112.1 > 10.170.160.200';
  const routed = `${from} ttl=64 options=8307040000000000`;
  for (const start of [`${from} ttl=64 df`, `${from} ttl=1`, `${nobody} ttl=64`, routed]) {
    t.is(answered(`${start} | ICMPv4 10 | [1500]`), 'dropped-icmp-type', start);
    t.is(answered(`${start} | protocol 2 | [1500]`), 'dropped-protocol', start);
    t.is(answered(`${start} mf | ICMPv4 echo id=1 seq=1 | [1472]`), 'dropped-fragmented-icmp', start);
  }
});

test('RFC 7915 4.1-DF: a fragment that may not be cut needs room for its Fragment Header too', (t) => {
  const line = (octets: number): string => `${from} ttl=64 df mf | UDP 1 > 2 length=3000 sum=0x1234 | [${octets}]`;
  t.regex(translated(line(1444)), /fragment id=0 mf/);
  t.regex(answered(line(1445)), /mtu=1472/);
});

test('RFC 7915 4.1-DFOK 4.1-NOFH: whole packets have no Fragment Header', (t) => {
  t.is(translated(`${from} ttl=64 df | UDP 1 > 2 | [1400]`), `${to} hlim=63 | UDP 1 > 2 | [1400]`);
  t.is(translated(`${from} ttl=64 | UDP 1 > 2 | [1232]`), `${to} hlim=63 | UDP 1 > 2 | [1232]`);
});

test('RFC 7915 4.5-OTHER 4.5-DCCP 6535-SEC: other protocols pass with their octets as they are, AH, ESP and DCCP too', (t) => {
  for (const protocol of [4, 33, 41, 47, 50, 51, 59, 132, 136, 253]) {
    t.is(translated(`${from} ttl=64 | protocol ${protocol} | [40]`), `${to} hlim=63 | protocol ${protocol} | [40]`);
  }
});

test('RFC 7915 4.2-IGMP: protocols that IPv6 would misread are dropped', (t) => {
  for (const protocol of [0, 2, 43, 44, 58, 60]) {
    t.is(translated(`${from} ttl=64 | protocol ${protocol} | [40]`), 'dropped-protocol', String(protocol));
    t.is(translated(`${from} ttl=64 offset=8 | protocol ${protocol} | [40]`), 'dropped-protocol', String(protocol));
  }
});

test('RFC 7915 4.2-ECHO 6535-ICMP: echo and its reply, checksum with the pseudo-header, odd lengths too', (t) => {
  for (const name of ['echo', 'echo-reply']) {
    for (const data of ['', ' | "odd"', ' | [56]', ' | [1000]']) {
      t.is(
        translated(`${from} ttl=64 | ICMPv4 ${name} id=7 seq=9${data}`),
        `${to} hlim=63 | ICMPv6 ${name} id=7 seq=9${data}`,
      );
    }
  }
});

test('RFC 7915 4.2-SINGLE: other questions and unknown types are dropped', (t) => {
  for (const type of [1, 2, 7, 9, 10, 13, 14, 15, 16, 17, 18, 19, 30, 40, 42, 128, 129, 255]) {
    t.is(translated(`${from} ttl=64 | ICMPv4 ${type} | [12]`), 'dropped-icmp-type', String(type));
  }
});

test('RFC 7915 1.2-ICMPFRAG: fragmented ICMP is dropped', (t) => {
  t.is(translated(`${from} mf | ICMPv4 echo id=1 seq=1 | [1472]`), 'dropped-fragmented-icmp');
  t.is(translated(`${from} offset=1480 | protocol 1 | [100]`), 'dropped-fragmented-icmp');
});

test('RFC 7915 4.5-TCP 4.5-UDP: checksums stay right, also of odd lengths', (t) => {
  for (const layers of ['| TCP 1 > 2 SYN', '| TCP 1 > 2 ACK | "odd"', '| UDP 1 > 2', '| UDP 1 > 2 | "abc"']) {
    t.is(translated(`${from} ttl=64 ${layers}`), `${to} hlim=63 ${layers}`);
  }
});

test('RFC 7915 4.5-INCR: a bad checksum stays bad by the same amount', (t) => {
  for (const layers of ['| TCP 1 > 2 SYN bad+0x0001', '| UDP 1 > 2 bad+0xff00 | "x"', '| ICMP echo bad+0x1234']) {
    const four = layers.replace('ICMP ', 'ICMPv4 ').replace('echo ', 'echo id=1 seq=1 ');
    t.is(translated(`${from} ttl=64 ${four}`), `${to} hlim=63 ${four.replace('ICMPv4', 'ICMPv6')}`);
  }
});

test('RFC 7915 4.5-CSFFFF: a UDP checksum of 0 is written as 0xffff, one of TCP as it is', (t) => {
  const checksumOf = (line: string, at: number): number => {
    const piece = bump(parsePacket(line).octets).pieces[0] ?? new Uint8Array();
    return new DataView(piece.buffer).getUint16(40 + at);
  };
  // A payload that is the checksum of the packet without it brings the sum to 0xffff, and the checksum to 0.
  for (const [layer, at, expected] of [
    ['UDP 1 > 2', 6, 0xffff],
    ['TCP 1 > 2 ACK', 16, 0],
  ] as const) {
    const filler = checksumOf(`${from} | ${layer} | 0x0000`, at);
    const line = `${from} ttl=64 | ${layer} | 0x${filler.toString(16).padStart(4, '0')}`;
    t.is(checksumOf(line, at), expected);
    t.is(translated(line), `${to} hlim=63${line.slice(line.indexOf(' |'))}`);
  }
});

test('RFC 7915 4.5-UDP0: a missing UDP checksum is computed, or the packet dropped', (t) => {
  t.is(translated(`${from} ttl=64 | UDP 1 > 2 no-sum | "odd"`), `${to} hlim=63 | UDP 1 > 2 | "odd"`);
  t.is(translated(`${from} ttl=64 | UDP 1 > 2 no-sum`, { zeroUdpChecksum: 'drop' }), 'refused-zero-udp-checksum');
  t.is(translated(`${from} ttl=64 | UDP 1 > 2 no-sum length=99`), 'dropped-malformed');
});

test('RFC 7915 4.4 4.5-UDP0 4.5-UDP0F: who sent UDP that must have a checksum is told that it may not', (t) => {
  const whole = `${from} ttl=64 | UDP 1 > 2 no-sum`;
  const error = 'IPv4 172.21.127.254 > 172.21.112.1 ttl=64 tos=192 df | ICMPv4 unreachable/13 |';
  t.is(answered(whole, { zeroUdpChecksum: 'drop' }), `${error} ${whole}`);
  t.is(answered(whole, { zeroUdpChecksum: 'drop', icmpErrors: false }), 'dropped-zero-udp-checksum');
  const first = `${from} ttl=64 mf | UDP 1 > 2 no-sum | [8]`;
  t.is(answered(first), `${error} ${first}`);
});

test('RFC 7915 4.1-SRCE: the illegal source of an error is mapped where there is a mapping for it', (t) => {
  const maps = new EmbeddingMap(0x20010db8, 0x00640000, 0);
  const error = 'IPv4 127.0.0.1 > 10.1.1.1 ttl=64 | ICMPv4 unreachable/1 | IPv4 10.1.1.1 > 10.2.2.2 | UDP 1 > 2';
  t.regex(
    translated(error, { maps }),
    /^IPv6 2001:db8:64::7f00:1 > 2001:db8:64::a01:101 hlim=63 \| ICMPv6 unreachable/,
  );
  t.is(translated('IPv4 127.0.0.1 > 10.1.1.1 ttl=64 | UDP 1 > 2', { maps }), 'dropped-illegal-address');
});

test('RFC 7915 4.5-UDP0F: of a first fragment it cannot be computed, of later ones it is not there', (t) => {
  t.is(translated(`${from} mf | UDP 1 > 2 no-sum | [1000]`), 'refused-zero-udp-checksum');
  t.is(
    translated(`${from} ttl=64 id=7 mf offset=8 | protocol 17 | 0x0000000000000000`),
    `${to} hlim=63 | fragment id=7 offset=8 mf | protocol 17 | 0x0000000000000000`,
  );
});

test('RFC 6791 6791-46 RFC 7915 4.1-SRCE: an error from an address without mapping, or an illegal one, has a source set for it', (t) => {
  const errorSource6 = [ipv6Prefix(ipv6(0x20010db8, 0xeeee0000, 0, 1), 128)];
  for (const source of ['192.0.2.1', '127.0.0.1', '0.0.0.0']) {
    const quote = '10.170.160.9 > 172.21.112.1 ttl=9 | UDP 53 > 40000';
    const line = `IPv4 ${source} > 10.170.160.9 ttl=64 | ICMPv4 unreachable/1 | IPv4 172.21.112.1 > ${quote.slice(0, 12)} ttl=9 | UDP 1 > 2`;
    t.is(
      translated(line, { errorSource6 }),
      'IPv6 2001:db8:eeee::1 > 2001:db8::9 hlim=63 | ICMPv6 unreachable | IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=9 | UDP 1 > 2',
    );
    t.is(translated(line), 'dropped-no-mapping', source);
  }
});
