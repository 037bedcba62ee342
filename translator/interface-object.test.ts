/** The extension that names the source of an error from a pool (RFC 6791, RFC 5837). */
import test from 'ava';
import { ipv4 } from '../mapper/address/ipv4.ts';
import { bump, translated } from '../test/reference/bump.ts';
import { referenceChecksum } from '../test/reference/checksum.ts';
import { parsePacket } from './packet-text.ts';

const from = 'IPv6 2001:db8:ffff::1 > fd00::ac15:7001 hlim=64';
const to = 'IPv4 192.0.2.1 > 172.21.112.1 ttl=63';
const sent6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1';
const sent4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=1';
const settings = { errorSource4: [{ address: ipv4(0xc0000201), length: 32 }], errorSourceExtension: true };

/** Length 24, class 2, an incoming interface with an address, of IPv6. */
const object = `00180204${'00020000'}${'20010db8ffff00000000000000000001'}`;

/** An extension structure of objects, with its checksum, in hexadecimal digits. */
function structure(objects: string): string {
  const octets = [...Buffer.from(`20000000${objects}`, 'hex')];
  return `2000${referenceChecksum(octets).toString(16).padStart(4, '0')}${objects}`;
}

test('RFC 6791 6791: on request an error from a pool names its router in an extension', (t) => {
  for (const [six, four] of [
    ['time-exceeded', 'time-exceeded length=57'],
    ['unreachable/4', 'unreachable/3 length=57'],
    ['packet-too-big mtu=1400', 'unreachable/4 length=57 mtu=1380'],
    ['parameter-problem pointer=7', 'parameter-problem length=57 pointer=8'],
  ]) {
    const line = `${from} | ICMPv6 ${six} | ${sent6} | UDP 1 > 2 | [200]`;
    t.is(
      translated(line, settings),
      `${to} | ICMPv4 ${four} | ${sent4} | UDP 1 > 2 | [200] | extension 0x${structure(object)}`,
    );
    t.false(translated(line, { ...settings, errorSourceExtension: false }).includes('extension'));
  }
  // Of a mapped source there is nothing to say.
  const mapped = `${from.replace('2001:db8:ffff::1', '2001:db8::5')} | ICMPv6 time-exceeded | ${sent6} | UDP 1 > 2 | [200]`;
  t.is(translated(mapped, settings), translated(mapped));
});

test('RFC 6791 6791: the quote in front of it is filled up to 128 octets, or cut to what a host takes', (t) => {
  const short = parsePacket(`${from} | ICMPv6 time-exceeded | ${sent6} | UDP 1 > 2 | "x"`).octets;
  const [filled = new Uint8Array()] = bump(short, undefined, settings).pieces;
  t.deepEqual([filled.length, filled[25]], [28 + 128 + 28, 32]);
  t.true(filled.subarray(28 + 29, 28 + 128).every((octet) => octet === 0));
  t.is(Buffer.from(filled.subarray(-28)).toString('hex'), structure(object));
  const { octets } = parsePacket(`${from} | ICMPv6 time-exceeded | ${sent6} | UDP 1 > 2 | [1100]`);
  const [piece = new Uint8Array()] = bump(octets, undefined, settings).pieces;
  t.is(piece.length, 576);
  t.is(piece[25], (576 - 28 - 28) / 4);
  t.is(Buffer.from(piece.subarray(-28)).toString('hex'), structure(object));
  // Without room for 128 octets of quote it is left out.
  const [narrow = new Uint8Array()] = bump(octets, undefined, { ...settings, mtu4: 183 }).pieces;
  t.deepEqual([narrow.length, narrow[25]], [183, 0]);
  t.is(bump(octets, undefined, { ...settings, mtu4: 184 }).pieces[0]?.[25], 32);
});

test('RFC 6791 6791: the object joins extensions that are there, and their checksum stays as right as it was', (t) => {
  const label = '00080101' + '12345678';
  const through = (extension: string): string => {
    const line = `${from} | ICMPv6 time-exceeded length=19 | ${sent6} | UDP 1 > 2 | [104] | extension 0x${extension}`;
    return translated(line, settings).replace(/^.* extension 0x/, '');
  };
  t.is(through(structure(label)), structure(label + object));
  t.is(through(`20000000${label}`), `20000000${label}${object}`, 'none stays none');
  const right = Number.parseInt(structure(label + object).slice(4, 8), 16);
  const wrong = (Number.parseInt(structure(label).slice(4, 8), 16) - 5).toString(16).padStart(4, '0');
  t.is(through(`2000${wrong}${label}`), `2000${(right - 5).toString(16).padStart(4, '0')}${label}${object}`);
  // What is no structure is left alone.
  for (const other of [`10000000${label}`, '2000', `20000000${label}00`]) t.is(through(other), other);
});

test('RFC 6791 6791: a checksum of the extension that comes out as 0 is written as 0xffff, for 0 says that there is none', (t) => {
  const named = (end: string): string => `001802040002000020010db8ffff000000000000${end}`;
  // What is missing to 0xffff makes the sum just that.
  const end = structure(named('00000000')).slice(4, 8);
  t.is(structure(named(`0000${end}`)).slice(4, 8), '0000');
  const router = from.replace('2001:db8:ffff::1', `2001:db8:ffff::${end}`);
  const line = `${router} | ICMPv6 time-exceeded | ${sent6} | UDP 1 > 2 | [200]`;
  t.true(translated(line, settings).endsWith(`extension 0x2000ffff${named(`0000${end}`)}`));
});
