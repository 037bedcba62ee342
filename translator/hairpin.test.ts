import test from 'ava';
import { type AddressMap, AddressMapList } from '../mapper/address-map.ts';
import { EmbeddedMap } from '../mapper/embedded-map.ts';
import { ExplicitMap } from '../mapper/explicit-map.ts';
import { parseExplicitPair } from '../mapper/explicit-pair.ts';
import { HairpinMap } from '../mapper/hairpin-map.ts';
import { turnRound } from './hairpin.ts';
import { HeaderBuffer } from './header-buffer.ts';
import { PacketBuffer } from './packet-buffer.ts';
import { formatPieces, parseIntoPacketBuffer } from './packet-text.ts';
import { PathMtu } from './path-mtu.ts';
import { translate6to4 } from './six-to-four.ts';
import { verdicts } from './verdict.ts';

// Two hosts behind one translator; each knows the other under 2001:db8:46::/96 only.
const alice = '2001:db8:aaaa::1';
const bob = '2001:db8:bbbb::2';
const aliceAsSeen = '2001:db8:46::c000:201';
const bobAsSeen = '2001:db8:46::c633:6402';
const explicit = new ExplicitMap([parseExplicitPair(alice, '192.0.2.1'), parseExplicitPair(bob, '198.51.100.2')]);
const embedded = new EmbeddedMap(parseExplicitPair('2001:db8:46::/96', '0.0.0.0/0').ipv6);
const there: AddressMap = new AddressMapList([explicit, embedded]);

function turned(line: string): string {
  const packet = new PacketBuffer();
  const out = new HeaderBuffer();
  const back = new HeaderBuffer();
  const again = new PacketBuffer();
  const path = new PathMtu();
  parseIntoPacketBuffer(line, packet);
  const first = translate6to4(packet, there, path, out);
  if (out.count !== 1) return `${verdicts[first]} to IPv4`;
  const second = turnRound(packet, out, 0, again, new HairpinMap(explicit, embedded), path, back);
  return back.count === 1 ? formatPieces(again, back).join('\n') : `${verdicts[second]} back`;
}

test('RFC 7757 7757-B1: a packet turns round, its sender appears embedded, and one hop is counted', (t) => {
  t.is(
    turned(`IPv6 ${alice} > ${bobAsSeen} hlim=64 class=3 | UDP 40000 > 53 | "hello"`),
    `IPv6 ${aliceAsSeen} > ${bob} hlim=63 class=3 | UDP 40000 > 53 | "hello"`,
  );
  t.is(
    turned(`IPv6 ${alice} > ${bobAsSeen} hlim=64 | TCP 1 > 2 ACK partial gso=1400 | [5000]`),
    `IPv6 ${aliceAsSeen} > ${bob} hlim=63 | TCP 1 > 2 ACK partial gso=1400 | [5000]`,
  );
});

test('RFC 7757 7757-B1: so does the response', (t) => {
  t.is(
    turned(`IPv6 ${bob} > ${aliceAsSeen} hlim=64 | ICMPv6 echo-reply id=1 seq=1 | [1400]`),
    `IPv6 ${bobAsSeen} > ${alice} hlim=63 | ICMPv6 echo-reply id=1 seq=1 | [1400]`,
  );
});

test('RFC 7757 7757-B1: an error of the host quotes the packet as it was sent', (t) => {
  t.is(
    turned(
      `IPv6 ${bob} > ${aliceAsSeen} hlim=64 | ICMPv6 unreachable/4 | IPv6 ${aliceAsSeen} > ${bob} hlim=60 | UDP 1 > 2`,
    ),
    `IPv6 ${bobAsSeen} > ${alice} hlim=63 | ICMPv6 unreachable/4 | IPv6 ${alice} > ${bobAsSeen} hlim=60 | UDP 1 > 2`,
  );
});

test('RFC 7757 7757-B1: an error of a router between them as well', (t) => {
  t.is(
    turned(
      `IPv6 2001:db8:46::cb00:7107 > ${aliceAsSeen} hlim=64 | ICMPv6 time-exceeded | IPv6 ${aliceAsSeen} > ${bob} hlim=1 | UDP 1 > 2`,
    ),
    `IPv6 2001:db8:46::cb00:7107 > ${alice} hlim=63 | ICMPv6 time-exceeded | IPv6 ${alice} > ${bobAsSeen} hlim=1 | UDP 1 > 2`,
  );
});

test('RFC 7757 7757-B1: a hop limit that would end, ends on the way to IPv4', (t) => {
  t.is(turned(`IPv6 ${alice} > ${bobAsSeen} hlim=1 | UDP 40000 > 53`), 'refused-time-exceeded to IPv4');
  t.is(
    turned(`IPv6 ${alice} > ${bobAsSeen} hlim=2 | UDP 40000 > 53`),
    `IPv6 ${aliceAsSeen} > ${bob} hlim=1 | UDP 40000 > 53`,
  );
});
