import test from 'ava';
import fc from 'fast-check';
import { areChecksumsRight } from '../test/reference/checksum.ts';
import { formatPacket, parsePacket } from './packet-text.ts';

/** Lines that come back as they are, and so cover both the printer and the parser. */
const lines = [
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 df | UDP 40000 > 53 | "hello"',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=1 tos=184 id=4660 rf mf offset=1480 | protocol 17 | [1480]',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 options=94040000 | ICMPv4 echo id=7 seq=1 | [56]',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 bad+0x0001 | UDP 1 > 2 bad+0x00ff | 0x00',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 total=20 | protocol 6 | "trailing"',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 mf | UDP 1 > 2 length=3000 sum=0x1234 | [1472]',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 | TCP 40000 > 80 SYN,ECE,CWR seq=4294967295 win=64240 options=020405b401010402',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 | TCP 40000 > 80 PSH,ACK seq=1 ack=2 urg=3 reserved=1 partial gso=1400 ecn | [5000]',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 | UDP 40000 > 80 partial gso=1200 headers=60 | [5000]',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 | UDP 40000 > 80 partial sum=0x0001',
  'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 | UDP 40000 > 80 no-sum | "a | b"',
  'IPv4 10.0.0.1 > 172.21.112.1 ttl=9 | ICMPv4 unreachable/4 mtu=1400 | IPv4 172.21.112.1 > 10.170.160.9 ttl=1 df total=1500 | TCP 1 > 2 ACK sum=0xabcd',
  'IPv4 10.0.0.1 > 172.21.112.1 ttl=9 | ICMPv4 parameter-problem pointer=20 | IPv4 172.21.112.1 > 10.170.160.9 ttl=1 | UDP 1 > 2',
  'IPv4 10.0.0.1 > 172.21.112.1 ttl=9 | ICMPv4 time-exceeded length=8 | IPv4 172.21.112.1 > 10.170.160.9 ttl=1 | UDP 1 > 2 | "abcd" | extension 0x20000000',
  'IPv4 10.0.0.1 > 172.21.112.1 ttl=9 | ICMPv4 13/5 parameter=7 | 0x0000',
  'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=63 class=3 flow=77 | UDP 40000 > 53 | "hello"',
  'IPv6 fd00::1 > 2001:db8::9 hlim=63 | hop-by-hop 010400000000 | routing 000000000000 | destination 010400000000 | fragment id=9 mf | UDP 1 > 2 sum=0x0001 | [16]',
  'IPv6 fd00::1 > 2001:db8::9 hlim=63 | fragment id=9 offset=16 reserved=1023 | protocol 60 | [16]',
  'IPv6 fd00::1 > 2001:db8::9 hlim=63 | ICMPv6 packet-too-big mtu=1280 | IPv6 2001:db8::9 > fd00::1 hlim=63 payload=1400 | TCP 1 > 2 ACK sum=0x0000',
  'IPv6 fd00::1 > 2001:db8::9 hlim=63 | ICMPv6 echo-reply id=1 seq=2 bad+0x8000 | "x"',
  'IPv6 fd00::1 > 2001:db8::9 hlim=63 payload=0 | protocol 6 | "hello"',
  '0x60',
];

test('a line is printed as it was read', (t) => {
  for (const line of lines) {
    const { octets, offload } = parsePacket(line);
    t.is(formatPacket(octets, offload), line);
  }
});

test('checksums that a line does not name are right', (t) => {
  for (const line of lines) {
    if (/bad|sum|partial|mf|offset|total|payload|hop-by-hop|0x60/.test(line)) continue;
    t.true(areChecksumsRight(parsePacket(line).octets), line);
  }
});

test('octets of any kind are printed, and read back as the same line', (t) => {
  const start = fc.constantFrom([0x45, 0, 0], [0x46, 0, 0], [0x60, 0, 0, 0, 0, 40, 17], [0x60, 0, 0, 0, 0, 40, 44], []);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 64, size: 'max' }), (head, rest) => {
      const line = formatPacket(Uint8Array.from([...head, ...rest]));
      t.is(typeof line, 'string');
      t.notThrows(() => parsePacket(line), line);
    }),
  );
});

test('what is not understood is an error that names it', (t) => {
  const rows: [string, RegExp][] = [
    ['IPv5 1.2.3.4 > 5.6.7.8', /IPv5/],
    ['IPv4 1.2.3.4 5.6.7.8 | UDP 1 > 2', /A > B/],
    ['IPv4 1.2.3 > 5.6.7.8 | UDP 1 > 2', /IPv4 address/],
    ['IPv6 1::2::3 > :: | UDP 1 > 2', /IPv6 address/],
    ['IPv4 1.2.3.4 > | UDP 1 > 2', /too early/],
    ['IPv4 1.2.3.4 > 5.6.7.8 | UDP 1 > 2 | 0x0g', /0x0g/],
    ['IPv4 1.2.3.4 > 5.6.7.8 speed=9 | UDP 1 > 2', /speed=9/],
    ['IPv4 1.2.3.4 > 5.6.7.8 | UDP 1 > two', /"two"/],
    ['IPv4 1.2.3.4 > 5.6.7.8 | TCP 1 > 2 SYN,XXX', /XXX/],
    ['IPv4 1.2.3.4 > 5.6.7.8 | UDP 1 > 2 | hello', /hello/],
    ['IPv4 1.2.3.4 > 5.6.7.8 options=0101 | UDP 1 > 2', /0101/],
    ['IPv4 1.2.3.4 > 5.6.7.8 | SCTP 1 > 2', /SCTP/],
  ];
  for (const [line, message] of rows) t.throws(() => parsePacket(line), { message }, line);
});
