import test from 'ava';
import { ipv4 } from '../mapper/address/ipv4.ts';
import { ipv4Prefix } from '../mapper/address/prefix.ts';
import { EmbeddingMap } from '../test/reference/address-maps.ts';
import { answered, bump, translated } from '../test/reference/bump.ts';
import { Identifications } from './identifications.ts';
import { parsePacket } from './packet-text.ts';

const hello = '| UDP 53 > 40000 | "hello"';
const from = 'IPv6 2001:db8::9 > fd00::ac15:7001';
const to = 'IPv4 10.170.160.9 > 172.21.112.1';

test('RFC 7915 5.1-HDR: a packet becomes IPv4 without options, with a right header checksum', (t) => {
  t.is(translated(`${from} hlim=64 ${hello}`), `${to} ttl=63 ${hello}`);
});

test('RFC 7915 5.1-TOS: the type of service is the traffic class, ECN included, or 0 on request', (t) => {
  for (const tos of [1, 3, 184, 255]) {
    t.is(translated(`${from} hlim=64 class=${tos} ${hello}`), `${to} ttl=63 tos=${tos} ${hello}`);
    t.is(translated(`${from} hlim=64 class=${tos} ${hello}`, { ignoreTrafficClass: true }), `${to} ttl=63 ${hello}`);
  }
});

test('RFC 7915 5.1-FL: the flow label is ignored', (t) => {
  t.is(translated(`${from} hlim=64 flow=1048575 ${hello}`), `${to} ttl=63 ${hello}`);
});

test('RFC 7915 5.1-TTL: the time to live is one less than the hop limit', (t) => {
  for (const hlim of [2, 64, 255]) t.is(translated(`${from} hlim=${hlim} ${hello}`), `${to} ttl=${hlim - 1} ${hello}`);
  t.is(translated(`${from} hlim=64 ${hello}`, { hideHop: true }), `${to} ttl=64 ${hello}`);
});

test('RFC 7915 5.1-HLX: a hop limit that would end is answered, but not of an error', (t) => {
  const error = `${from} hlim=1 | ICMPv6 unreachable | IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=9 ${hello}`;
  for (const hlim of [0, 1]) {
    t.is(
      answered(`${from} hlim=${hlim} ${hello}`),
      `IPv6 2001:db8::fe > 2001:db8::9 hlim=64 | ICMPv6 time-exceeded | ${from} hlim=${hlim} ${hello}`,
    );
  }
  t.is(answered(error), 'refused-time-exceeded');
});

test('RFC 7915 5.1-DF: up to 1260 octets may be fragmented, longer packets may not', (t) => {
  t.is(translated(`${from} hlim=64 | UDP 1 > 2 | [1232]`), `${to} ttl=63 | UDP 1 > 2 | [1232]`);
  t.is(translated(`${from} hlim=64 | UDP 1 > 2 | [1233]`), `${to} ttl=63 df | UDP 1 > 2 | [1233]`);
});

test('RFC 7915 5.1-PTB: what does not fit is refused, with an MTU that is never below 1280', (t) => {
  t.is(translated(`${from} hlim=64 | UDP 1 > 2 | [1472]`), `${to} ttl=63 df | UDP 1 > 2 | [1472]`);
  t.regex(answered(`${from} hlim=64 | UDP 1 > 2 | [1473]`), /ICMPv6 packet-too-big mtu=1520 \|/);
  t.regex(answered(`${from} hlim=64 | UDP 1 > 2 | [1400]`, { mtu4: 1000 }), /ICMPv6 packet-too-big mtu=1280 \|/);
});

test('RFC 7915 5.1-DF 5.1.1-V4FRAG: what comes down to 1260 octets is cut, whatever extension headers it had', (t) => {
  const line = (octets: number): string => `${from} hlim=64 | hop-by-hop 010400000000 | UDP 1 > 2 | [${octets}]`;
  t.is(translated(line(1232), { mtu4: 1000 }).split('\n').length, 2);
  t.is(translated(line(1233), { mtu4: 1000 }), 'refused-packet-too-big');
});

test('RFC 7915 5.2-DROP 1.2-ICMPFRAG: silence holds on the last hop, for what is too big, and for strangers', (t) => {
  const stranger = 'IPv6 2001:db8:5::1 > fd00::ac15:7001';
  for (const start of [`${from} hlim=64`, `${from} hlim=1`, `${stranger} hlim=64`]) {
    t.is(answered(`${start} | ICMPv6 135 | [1500]`), 'dropped-icmp-type', start);
    t.is(answered(`${start} | protocol 1 | [1500]`), 'dropped-protocol', start);
    t.is(answered(`${start} | fragment id=1 mf | ICMPv6 echo id=1 seq=1 | [1232]`), 'dropped-fragmented-icmp', start);
  }
});

test('RFC 7915 5.1-PROTO 4.5-OTHER: other next headers are copied, AH and ESP included', (t) => {
  for (const protocol of [4, 33, 41, 47, 50, 51, 59, 132, 136, 253]) {
    t.is(translated(`${from} hlim=64 | protocol ${protocol} | [40]`), `${to} ttl=63 | protocol ${protocol} | [40]`);
  }
});

test('ROBUST: ICMPv4 in IPv6 is dropped', (t) => {
  t.is(translated(`${from} hlim=64 | protocol 1 | [40]`), 'dropped-protocol');
});

test('RFC 7915 5.1-LEN 5.1-EXT: extension headers are left out in any number and order', (t) => {
  const names = ['hop-by-hop 010400000000', 'destination 010400000000', 'routing 000000000000'];
  const long = `destination 010c${'00'.repeat(12)}`;
  for (const layers of [
    [names[0]],
    [names[1]],
    [names[2]],
    [names[2], names[1], names[0]],
    [long, long, names[0]],
    new Array(40).fill(names[1]),
  ]) {
    t.is(translated(`${from} hlim=64 | ${layers.join(' | ')} ${hello}`), `${to} ttl=63 ${hello}`);
  }
});

test('RFC 7915 5.1-RH: a routing header that is not at its end is refused, with a pointer to "segments left"', (t) => {
  const line = (before: string): string => `${from} hlim=64 ${before}| routing 000100000000 ${hello}`;
  t.regex(answered(line('')), /ICMPv6 parameter-problem pointer=43 \|/);
  t.regex(answered(line('| hop-by-hop 010400000000 ')), /ICMPv6 parameter-problem pointer=51 \|/);
  t.is(translated(line('')), 'refused-routing-header');
  t.is(translated(line(''), { icmpErrors: false }), 'dropped-routing-header');
});

test('RFC 7915 5.1-SRC MCAST: illegal sources and destinations are dropped', (t) => {
  for (const address of ['::', '::1', '::ffff:10.0.0.1', '::10.0.0.1', 'fe80::1', 'febf::1', '100::5']) {
    t.is(translated(`IPv6 ${address} > fd00::ac15:7001 hlim=64 ${hello}`), 'dropped-illegal-address', address);
    t.is(translated(`IPv6 2001:db8::9 > ${address} hlim=64 ${hello}`), 'dropped-illegal-address', address);
  }
  t.is(translated(`IPv6 ff02::1 > fd00::ac15:7001 ${hello}`), 'dropped-illegal-address');
  t.is(translated(`IPv6 fe80::1 > ff02::2 ${hello}`), 'dropped-multicast');
});

test('RFC 6052 6052-5.1: a map that gives an illegal IPv4 address is not believed', (t) => {
  const maps = new EmbeddingMap(0xfd000000, 0, 0);
  for (const bad of ['7f00:1', '0:5', 'a9fe:101', 'e000:1', 'ffff:ffff']) {
    t.is(translated(`IPv6 fd00::${bad} > fd00::ac15:7001 ${hello}`, { maps }), 'dropped-illegal-address', bad);
    t.is(translated(`IPv6 fd00::ac15:7001 > fd00::${bad} ${hello}`, { maps }), 'dropped-illegal-address', bad);
  }
});

test('MAP-64 M7 6535-IN: a source without mapping is a stranger', (t) => {
  t.is(translated(`IPv6 2001:db8:5::1 > fd00::ac15:7001 ${hello}`), 'dropped-stranger');
});

test('RFC 7915 5.4 MAP-64: where nobody is mapped on demand, a source without mapping is prohibited too', (t) => {
  const path = { hasStrangers: false };
  const line = `IPv6 2001:db8:5::1 > fd00::ac15:7001 hlim=64 ${hello}`;
  t.is(answered(line, path), `IPv6 2001:db8::fe > 2001:db8:5::1 hlim=64 | ICMPv6 unreachable/1 | ${line}`);
  t.is(translated(line, { ...path, icmpErrors: false }), 'dropped-no-mapping');
  t.is(translated('IPv6 2001:db8:5::1 > fd00::ac15:7001 | ICMPv6 echo id=1 seq=1', path), 'dropped-no-mapping');
});

test('RFC 7915 5.4 MAP-64: a destination without mapping is prohibited, which ICMPv6 is not told', (t) => {
  const line = `IPv6 2001:db8::9 > fd00::1 hlim=64 ${hello}`;
  t.is(answered(line), `IPv6 2001:db8::fe > 2001:db8::9 hlim=64 | ICMPv6 unreachable/1 | ${line}`);
  t.is(translated(line, { icmpErrors: false }), 'dropped-no-mapping');
  t.is(translated('IPv6 2001:db8::9 > fd00::1 | ICMPv6 echo id=1 seq=1'), 'dropped-no-mapping');
});

test('RFC 7915 5.2-ECHO 6535-ICMP: echo and its reply, checksum without the pseudo-header, odd lengths too', (t) => {
  for (const name of ['echo', 'echo-reply']) {
    for (const data of ['', ' | "odd"', ' | [56]', ' | [1000]']) {
      t.is(
        translated(`${from} hlim=64 | ICMPv6 ${name} id=7 seq=9${data}`),
        `${to} ttl=63 | ICMPv4 ${name} id=7 seq=9${data}`,
      );
    }
  }
});

test('RFC 7915 5.2-DROP: other informational messages are dropped', (t) => {
  for (const type of [130, 131, 132, 133, 134, 135, 136, 137, 138, 141, 143, 160, 200, 255]) {
    t.is(translated(`${from} hlim=64 | ICMPv6 ${type} | [12]`), 'dropped-icmp-type', String(type));
  }
});

test('RFC 7915 1.2-ICMPFRAG: fragmented ICMPv6 is dropped', (t) => {
  t.is(translated(`${from} | fragment id=1 mf | ICMPv6 echo id=1 seq=1 | [1232]`), 'dropped-fragmented-icmp');
  t.is(translated(`${from} | fragment id=1 offset=1480 | protocol 58 | [100]`), 'dropped-fragmented-icmp');
});

test('RFC 7915 4.5-TCP 4.5-UDP: checksums stay right, bad ones bad by the same amount', (t) => {
  for (const layers of [
    '| TCP 1 > 2 SYN',
    '| TCP 1 > 2 ACK | "odd"',
    '| UDP 1 > 2',
    '| UDP 1 > 2 | "abc"',
    '| TCP 1 > 2 SYN bad+0x0001',
    '| UDP 1 > 2 bad+0xff00 | "x"',
  ]) {
    t.is(translated(`${from} hlim=64 ${layers}`), `${to} ttl=63 ${layers}`);
  }
  t.is(
    translated(`${from} hlim=64 | ICMPv6 echo id=1 seq=1 bad+0x1234`),
    `${to} ttl=63 | ICMPv4 echo id=1 seq=1 bad+0x1234`,
  );
});

test('RFC 7915 5.5-UDP0: a missing UDP checksum stays missing, is computed, or the packet dropped', (t) => {
  const line = `${from} hlim=64 | UDP 1 > 2 no-sum | "odd"`;
  t.is(translated(line), `${to} ttl=63 | UDP 1 > 2 no-sum | "odd"`);
  t.is(translated(line, { zeroUdpChecksum6: 'compute' }), `${to} ttl=63 | UDP 1 > 2 | "odd"`);
  t.is(translated(line, { zeroUdpChecksum6: 'drop' }), 'refused-zero-udp-checksum');
  const fragment = `${from} hlim=64 | fragment id=1 mf | UDP 1 > 2 no-sum length=100 | "12345678"`;
  t.is(translated(fragment, { zeroUdpChecksum6: 'compute' }), 'refused-zero-udp-checksum');
  t.is(translated(fragment), `${to} ttl=63 id=1 mf | UDP 1 > 2 length=100 no-sum | "12345678"`);
});

test('RFC 7915 5.1-ID: identifications are not constant, and do not repeat between two hosts', (t) => {
  const seen = new Set<number>();
  const identifications = new Identifications();
  for (let count = 0; count < 65_536; count++) seen.add(identifications.next(1, 2, 17));
  t.is(seen.size, 65_536);
  const started = new Identifications((counters) => counters.fill(77));
  t.deepEqual([started.next(1, 2, 17), started.next(1, 2, 17, 40), started.next(1, 2, 17)], [77, 78, 118]);
});

test('RFC 6791 6791: an error from an address without mapping has a source set for it', (t) => {
  const quote = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1 | UDP 1 > 2';
  const line = `IPv6 2001:db8:ffff::1 > fd00::ac15:7001 hlim=64 | ICMPv6 time-exceeded | ${quote}`;
  t.is(
    translated(line, { errorSource4: [ipv4Prefix(ipv4(0xc0000201), 32)] }),
    'IPv4 192.0.2.1 > 172.21.112.1 ttl=63 | ICMPv4 time-exceeded | IPv4 172.21.112.1 > 10.170.160.9 ttl=1 | UDP 1 > 2',
  );
  t.is(translated(line), 'dropped-no-mapping');
});

test('ROBUST: what is longer than IPv4 can be is not translated', (t) => {
  const { octets, offload } = parsePacket(`${from} | TCP 1 > 2 ACK partial gso=1400 | [65500]`);
  t.is(bump(octets, offload).verdict, 'dropped-too-long');
});
