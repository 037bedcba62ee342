/** Packets that do not hold together: nothing comes out, nothing is thrown, nothing outside them is read. */
import test from 'ava';
import { bump, translated } from '../test/reference/bump.ts';
import { parsePacket } from './packet-text.ts';
import type { VerdictName } from './verdict.ts';

const from4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64';
const from6 = 'IPv6 2001:db8::9 > fd00::ac15:7001 hlim=64';

test('ROBUST: an IPv4 header that does not hold together is dropped', (t) => {
  const rows: [string, VerdictName][] = [
    [`${from4} bad+0x0001 | UDP 1 > 2`, 'dropped-bad-header-checksum'],
    [`${from4} total=29 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} total=19 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} total=65535 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} options=07000000 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} options=07010000 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} options=07050000 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} options=01010107 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} options=83020000 | UDP 1 > 2`, 'dropped-malformed'],
    [`${from4} options=00070000 | TCP 1 > 2`, 'translated'],
  ];
  for (const [line, expected] of rows) t.is(bump(parsePacket(line).octets).verdict, expected, line);
});

test('ROBUST: lengths of the IPv4 header below 5 words or past the packet are dropped', (t) => {
  const { octets } = parsePacket(`${from4} | UDP 1 > 2`);
  for (const words of [0, 1, 4, 8, 15]) {
    const changed = octets.slice();
    changed[0] = 0x40 | words;
    t.is(bump(changed).verdict, 'dropped-malformed', String(words));
  }
});

test('ROBUST: every beginning of a packet is dropped', (t) => {
  for (const line of [`${from4} | UDP 1 > 2`, `${from6} | hop-by-hop 010400000000 | fragment id=1 | UDP 1 > 2`]) {
    const { octets } = parsePacket(line);
    for (let length = 0; length < octets.length; length++) {
      t.is(bump(octets.slice(0, length)).verdict, 'dropped-malformed', `${line} cut to ${length}`);
    }
  }
});

test('ROBUST: other versions are dropped', (t) => {
  const { octets } = parsePacket(`${from4} | UDP 1 > 2`);
  for (const version of [0, 1, 5, 7, 15]) {
    const changed = octets.slice();
    changed[0] = (version << 4) | 5;
    t.is(bump(changed).verdict, 'dropped-malformed', String(version));
  }
});

test('ROBUST: octets behind the packet are cut off', (t) => {
  for (const [line, expected] of [
    [`${from4} total=28 | UDP 1 > 2 | "trailer"`, 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=63 | UDP 1 > 2'],
    [`${from6} payload=8 | UDP 1 > 2 | "trailer"`, 'IPv4 10.170.160.9 > 172.21.112.1 ttl=63 | UDP 1 > 2'],
  ] as const) {
    t.is(translated(line), expected);
  }
});

test('ROBUST: transport headers that are shorter than their checksum are dropped', (t) => {
  for (const [protocol, least] of [
    [6, 20],
    [17, 8],
  ] as const) {
    for (let length = 0; length < least; length++) {
      t.is(translated(`${from4} | protocol ${protocol}${octets(length)}`), 'dropped-malformed');
      t.is(translated(`${from6} | protocol ${protocol}${octets(length)}`), 'dropped-malformed');
    }
  }
  for (let length = 0; length < 8; length++) {
    t.is(
      translated(`${from4} | protocol 1${length === 0 ? '' : ` | 0x08${'00'.repeat(length - 1)}`}`),
      'dropped-malformed',
    );
    t.is(
      translated(`${from6} | protocol 58${length === 0 ? '' : ` | 0x80${'00'.repeat(length - 1)}`}`),
      'dropped-malformed',
    );
    if (length > 0) {
      t.is(translated(`${from4} | protocol 1 | 0x03${'00'.repeat(length - 1)}`), 'dropped-malformed');
      t.is(translated(`${from6} | protocol 58 | 0x01${'00'.repeat(length - 1)}`), 'dropped-malformed');
    }
  }
});

function octets(length: number): string {
  return length === 0 ? '' : ` | 0x${'00'.repeat(length)}`;
}

test('ROBUST: extension headers past the end, cut Fragment Headers and two of them are dropped', (t) => {
  t.is(translated(`${from6} | protocol 0 | 0x1102000000000000`), 'dropped-malformed');
  t.is(translated(`${from6} | protocol 60 | 0x11`), 'dropped-malformed');
  t.is(translated(`${from6} | protocol 44 | 0x11000001000000`), 'dropped-malformed');
  t.is(translated(`${from6} | fragment id=1 | fragment id=2 | UDP 1 > 2`), 'dropped-malformed');
  t.is(translated(`${from6} payload=0 | hop-by-hop c20400010000 | UDP 1 > 2`), 'dropped-malformed');
});

test('ROBUST: ICMPv6 in IPv4 is dropped', (t) => {
  t.is(translated(`${from4} | protocol 58 | 0x8000000000000000`), 'dropped-protocol');
});
