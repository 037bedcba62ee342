/** Extended ICMP errors (RFC 4884), rule by rule, as far as one who translates them has to know. */
import test from 'ava';
import { bump, translated } from '../test/reference/bump.ts';
import { parsePacket } from './packet-text.ts';

const from4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=64';
const to6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=63';
const sent4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=1';
const from6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=64';
const to4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=63';
const sent6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1';
/** An extension structure that has a wrong checksum and an object of no known class. */
const extension = 'extension 0x2000dead0008fe01ffffffff';

/** What the packet on a line becomes, from octet `at` on, in hex. */
function octetsOf(line: string, at: number): string {
  const [piece = new Uint8Array()] = bump(parsePacket(line).octets).pieces;
  return Buffer.from(piece.subarray(at)).toString('hex');
}

test('RFC 4884 4884-LEN: the length is octet 5 of ICMPv4, in 4 octets, and octet 4 of ICMPv6, in 8', (t) => {
  const four = `${from4} | ICMPv4 time-exceeded length=35 | ${sent4} | UDP 1 > 2 | [112] | ${extension}`;
  // 140 octets grow by 20: 20 times 8.
  t.is(octetsOf(four, 40 + 4).slice(0, 8), '14000000');
  const six = `${from6} | ICMPv6 time-exceeded length=20 | ${sent6} | UDP 1 > 2 | [112] | ${extension}`;
  // 160 octets shrink by 20: 35 times 4.
  t.is(octetsOf(six, 20 + 4).slice(0, 8), '00230000');
});

test('RFC 4884 4884-128: a quote in front of extensions has at least 128 octets, filled up with zeros', (t) => {
  const data = 'ab'.repeat(80);
  const line = `${from6} | ICMPv6 unreachable/4 length=16 | ${sent6} | UDP 1 > 2 | 0x${data} | ${extension}`;
  t.true(translated(line).startsWith(`${to4} | ICMPv4 unreachable/3 length=32 | ${sent4} total=108 | UDP 1 > 2 |`));
  t.is(octetsOf(line, 20 + 8 + 28), `${data}${'00'.repeat(20)}2000dead0008fe01ffffffff`);
});

test('RFC 4884 4884-WHO: a length is read where there is one: unreachable, time exceeded, in ICMPv4 parameter problem', (t) => {
  const quote4 = `${sent4} | UDP 1 > 2 | [100]`;
  const quote6 = `${sent6} | UDP 1 > 2 | [80]`;
  const tooLong4 = (message: string): string => translated(`${from4} | ICMPv4 ${message} length=255 | ${quote4}`);
  for (const message of ['unreachable/1', 'time-exceeded', 'parameter-problem']) {
    t.is(tooLong4(message), 'dropped-malformed', message);
  }
  const tooLong6 = (message: string): string => translated(`${from6} | ICMPv6 ${message} | ${quote6}`);
  for (const message of ['unreachable length=255', 'time-exceeded length=255']) {
    t.is(tooLong6(message), 'dropped-malformed', message);
  }
  // The same octet of these is the top of an MTU and of a pointer.
  t.regex(tooLong6(`packet-too-big mtu=${0xff000000}`), /^IPv4 .*ICMPv4 unreachable\/4 mtu=1480 /);
  t.is(tooLong6(`parameter-problem pointer=${0xff000000}`), 'dropped-icmp-type');
});

test('RFC 4884 4884-OPAQUE: extensions are carried octet for octet, wrong ones too', (t) => {
  for (const octets of ['00', '2000', '2000dead', '0000000000000000', 'ff'.repeat(64)]) {
    const four = `${from4} | ICMPv4 time-exceeded length=32 | ${sent4} | UDP 1 > 2 | [100] | extension 0x${octets}`;
    t.is(octetsOf(four, 40 + 8 + 152), octets);
    const six = `${from6} | ICMPv6 time-exceeded length=19 | ${sent6} | UDP 1 > 2 | [104] | extension 0x${octets}`;
    t.is(octetsOf(six, 20 + 8 + 132), octets);
  }
});

test('RFC 4884 4884-OLD: without a length there is no extension, whatever stands behind 128 octets', (t) => {
  const data = `${'00'.repeat(108)}2000dead0008fe01ffffffff`;
  const old = (total: number): string =>
    `${from4} | ICMPv4 time-exceeded | ${sent4} total=${total} | protocol 253 | 0x${data}`;
  t.is(
    translated(old(1500)),
    `${to6} | ICMPv6 time-exceeded | ${sent6} payload=1480 | protocol 253 | [120]`,
    'octets of the quote',
  );
  t.is(octetsOf(old(1500), 40 + 8 + 40), data);
  t.is(octetsOf(old(128), 40 + 8 + 40), '00'.repeat(108), 'behind the quoted packet, and of nobody');
});
