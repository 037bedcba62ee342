import test from 'ava';
import fc from 'fast-check';
import { bump, translated } from '../test/reference/bump.ts';
import { areChecksumsRight } from '../test/reference/checksum.ts';
import { parsePacket } from './packet-text.ts';

const from4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=64';
const to6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=63';
const sent4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=1';
const sent6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1';
const from6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=64';
const to4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=63';
const extension = '0x2000abcd000801010badcafe';

test('RFC 4884 4.2-4884: the length counts 4 octets in ICMPv4, 8 in ICMPv6; quotes are padded, extensions kept', (t) => {
  const zeros = (octets: number): string => `0x${'00'.repeat(octets)}`;
  t.is(
    translated(`${from4} | ICMPv4 unreachable/1 length=32 | ${sent4} | UDP 1 > 2 | [100] | extension ${extension}`),
    `${to6} | ICMPv6 unreachable length=19 | ${sent6} payload=108 | UDP 1 > 2 | [104] | extension ${extension}`,
  );
  t.is(
    translated(`${from6} | ICMPv6 time-exceeded length=16 | ${sent6} | UDP 1 > 2 | [80] | extension ${extension}`),
    `${to4} | ICMPv4 time-exceeded length=32 | ${sent4} total=108 | UDP 1 > 2 | [100] | extension ${extension}`,
  );
  t.is(
    translated(
      `${from4} | ICMPv4 time-exceeded length=32 | ${sent4} total=28 | UDP 1 > 2 | ${zeros(100)} | extension ${extension}`,
    ),
    `${to6} | ICMPv6 time-exceeded length=16 | ${sent6} payload=8 | UDP 1 > 2 | [80] | extension ${extension}`,
  );
});

test('RFC 4884 4.2-4884: where the other family has no place for a length, extensions are left out', (t) => {
  const quote = `${sent4} | UDP 1 > 2 | [100]`;
  for (const [message, expected] of [
    ['unreachable/4 length=32 mtu=1400', 'packet-too-big mtu=1420'],
    ['unreachable/2 length=32', 'parameter-problem/1 pointer=6'],
    ['parameter-problem length=32 pointer=8', 'parameter-problem pointer=7'],
  ]) {
    t.is(
      translated(`${from4} | ICMPv4 ${message} | ${quote} | extension ${extension}`),
      `${to6} | ICMPv6 ${expected} | ${sent6} | UDP 1 > 2 | [100]`,
    );
  }
});

test('RFC 4884 4.2-4884: a length past the end is malformed', (t) => {
  t.is(translated(`${from4} | ICMPv4 unreachable/1 length=33 | ${sent4} | UDP 1 > 2 | [100]`), 'dropped-malformed');
  t.is(translated(`${from6} | ICMPv6 unreachable length=17 | ${sent6} | UDP 1 > 2 | [80]`), 'dropped-malformed');
  t.is(translated(`${from4} | ICMPv4 unreachable/1 length=4 | ${sent4} | UDP 1 > 2 | [100]`), 'dropped-malformed');
});

test('RFC 4884 4.2-4884 4.3-LEN 5.3-LEN: of a message that is too long the quote is cut, never the extensions', (t) => {
  const size = fc.integer({ min: 0, max: 200 });
  const property = fc.property(
    fc.boolean(),
    fc.integer({ min: 12, max: 116 }),
    size,
    fc.boolean(),
    (isIpv4, units, words, isBad) => {
      const [unit, head, most] = isIpv4 ? [8, 20, 1280] : [4, 40, 576];
      const data = units * 8 + 32;
      const quoted = head + 8 + data;
      const extended = Uint8Array.from({ length: words * 4 }, (_, index) => 255 - (index & 127));
      const lengthUnits = isIpv4 ? quoted / 4 : quoted / 8;
      const line = `${isIpv4 ? from4 : from6} | ICMPv${isIpv4 ? 4 : 6} time-exceeded length=${lengthUnits}${isBad ? ' bad+0x0123' : ''} | ${
        isIpv4 ? sent4 : sent6
      } | UDP 1 > 2 | [${data}]${words === 0 ? '' : ` | extension 0x${Buffer.from(extended).toString('hex')}`}`;
      const [piece = new Uint8Array()] = bump(parsePacket(line).octets).pieces;
      t.is(areChecksumsRight(piece), !isBad, line);
      t.true(piece.length <= most);
      const message = piece.subarray(isIpv4 ? 40 : 20);
      const quoteLength = (message[isIpv4 ? 4 : 5] ?? 0) * unit;
      const canKeep = most - (isIpv4 ? 48 : 28) - extended.length >= 128;
      t.is(quoteLength > 0, words > 0 && canKeep, line);
      if (quoteLength > 0) {
        t.true(quoteLength >= 128);
        t.deepEqual(message.subarray(8 + quoteLength), extended);
        const payload = message.subarray(isIpv4 ? 56 : 36);
        for (let index = 0; index < 64; index++) t.is(payload[index], index);
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});
