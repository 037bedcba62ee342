import test from 'ava';
import { ipv4 } from '../mapper/address/ipv4.ts';
import { ipv6 } from '../mapper/address/ipv6.ts';
import { areChecksumsRight } from '../test/reference/checksum.ts';
import { Refusal } from './header-buffer.ts';
import { LONGEST_ICMP_ERROR, writeIcmpv4Error, writeIcmpv6Error } from './icmp-error.ts';
import { PacketBuffer } from './packet-buffer.ts';
import { formatPacket, parseIntoPacketBuffer } from './packet-text.ts';

const from4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64';
const from6 = 'IPv6 2001:db8::9 > fd00::ac15:7001 hlim=64';

/** The error about a packet, of which the first 16 octets of the buffer stay untouched. */
function written(line: string, fields: Partial<Refusal>): Uint8Array {
  const packet = new PacketBuffer();
  parseIntoPacketBuffer(line, packet);
  const refusal = Object.assign(new Refusal(), fields);
  const octets = new Uint8Array(16 + LONGEST_ICMP_ERROR).fill(0xa5);
  const view = new DataView(octets.buffer);
  const length = line.startsWith('IPv4')
    ? writeIcmpv4Error(packet, ipv4(0xac157ffe), refusal, view, 16)
    : writeIcmpv6Error(packet, ipv6(0x20010db8, 0, 0, 0xfe), refusal, view, 16);
  if (octets.subarray(0, 16).some((octet) => octet !== 0xa5)) throw new Error('Wrote before its place');
  if (octets.subarray(16 + length).some((octet) => octet !== 0xa5)) throw new Error('Wrote behind its length');
  return octets.slice(16, 16 + length);
}

test('RFC 1812 4.1-TTLX 4.1-DF: an ICMPv4 error quotes as much as fits 576 octets', (t) => {
  const short = `${from4} | UDP 1 > 2 | "hello"`;
  t.is(
    formatPacket(written(short, { type: 3, code: 4, parameter: 1480 })),
    `IPv4 172.21.127.254 > 172.21.112.1 ttl=64 tos=192 df | ICMPv4 unreachable/4 mtu=1480 | ${short}`,
  );
  for (const size of [519, 520, 521, 1400]) {
    const error = written(`${from4} | UDP 1 > 2 | [${size}]`, { type: 11 });
    t.is(error.length, Math.min(576, 28 + 28 + size));
    t.true(areChecksumsRight(error));
  }
});

test('RFC 4443 5.1-HLX 5.1-PTB: an ICMPv6 error quotes as much as fits 1280 octets', (t) => {
  const short = `${from6} | hop-by-hop 010400000000 | UDP 1 > 2 | "hello"`;
  t.is(
    formatPacket(written(short, { type: 2, parameter: 1280 })),
    `IPv6 2001:db8::fe > 2001:db8::9 hlim=64 | ICMPv6 packet-too-big mtu=1280 | ${short}`,
  );
  for (const size of [1183, 1184, 1185, 1440]) {
    const error = written(`${from6} | UDP 1 > 2 | [${size}]`, { type: 3 });
    t.is(error.length, Math.min(1280, 48 + 48 + size));
    t.true(areChecksumsRight(error));
  }
});

test('RFC 1122 S4: no error about ICMPv4 errors, later fragments, many hosts, or what cannot be read', (t) => {
  for (const line of [
    `${from4} | ICMPv4 unreachable/1 | ${from4} | UDP 1 > 2`,
    `${from4} | ICMPv4 redirect | ${from4} | UDP 1 > 2`,
    `${from4} | ICMPv4 quench | ${from4} | UDP 1 > 2`,
    `${from4} | ICMPv4 time-exceeded | ${from4} | UDP 1 > 2`,
    `${from4} | ICMPv4 parameter-problem | ${from4} | UDP 1 > 2`,
    `${from4} offset=8 | protocol 17 | [8]`,
    'IPv4 172.21.112.1 > 224.0.0.1 | UDP 1 > 2',
    'IPv4 172.21.112.1 > 255.255.255.255 | UDP 1 > 2',
    'IPv4 0.0.0.0 > 10.170.160.9 | UDP 1 > 2',
    'IPv4 127.0.0.1 > 10.170.160.9 | UDP 1 > 2',
    `${from4} bad+0x0001 | UDP 1 > 2`,
  ]) {
    t.is(written(line, { type: 11 }).length, 0, line);
  }
  t.not(written(`${from4} mf | UDP 1 > 2 | [8]`, { type: 11 }).length, 0);
  t.not(written(`${from4} | ICMPv4 echo id=1 seq=1`, { type: 11 }).length, 0);
});

test('RFC 4443 2.4 S4: no error about ICMPv6 errors, redirects, later fragments or multicast, but for packet too big', (t) => {
  for (const line of [
    `${from6} | ICMPv6 unreachable | ${from6} | UDP 1 > 2`,
    `${from6} | ICMPv6 100 | [20]`,
    `${from6} | ICMPv6 137 | [40]`,
    `${from6} payload=99 | UDP 1 > 2`,
    `${from6} | fragment id=1 offset=8 | protocol 17 | [8]`,
    'IPv6 :: > 2001:db8::9 | UDP 1 > 2',
    'IPv6 ff02::1 > 2001:db8::9 | UDP 1 > 2',
    'IPv6 2001:db8::9 > ff0e::1 | UDP 1 > 2',
  ]) {
    t.is(written(line, { type: 3 }).length, 0, line);
  }
  t.not(written('IPv6 2001:db8::9 > ff0e::1 | UDP 1 > 2', { type: 2 }).length, 0);
  t.not(written(`${from6} | fragment id=1 mf | UDP 1 > 2 | [8]`, { type: 3 }).length, 0);
});
