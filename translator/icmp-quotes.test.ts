/** The packets that ICMP errors quote, both ways (RFC 7915 §4.3, §5.3). */
import test from 'ava';
import { exampleMap } from '../test/reference/address-maps.ts';
import { bump, translated } from '../test/reference/bump.ts';
import { areChecksumsRight } from '../test/reference/checksum.ts';
import { translate4to6 } from './four-to-six.ts';
import { HeaderBuffer } from './header-buffer.ts';
import { PacketBuffer } from './packet-buffer.ts';
import { parseIntoPacketBuffer, parsePacket } from './packet-text.ts';
import { PathMtu } from './path-mtu.ts';
import { translate6to4 } from './six-to-four.ts';
import { verdict, verdicts } from './verdict.ts';

const from4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=64';
const to6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=63';
const sent4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=1';
const sent6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1';
const from6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=64';
const to4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=63';
const udp = 'UDP 40000 > 53 | "hello"';

test('RFC 7915 4.3-IN 5.3-IN: the quoted packet keeps its hops, its fragment header and loses its options', (t) => {
  const both = (four: string, six: string, of6 = four): void => {
    t.is(translated(`${from4} | ICMPv4 unreachable/1 | ${four}`), `${to6} | ICMPv6 unreachable | ${six}`);
    t.is(translated(`${from6} | ICMPv6 unreachable | ${six}`), `${to4} | ICMPv4 unreachable/1 | ${of6}`);
  };
  both(`${sent4} | TCP 1 > 2 SYN`, `${sent6} | TCP 1 > 2 SYN`);
  both(`${sent4} | protocol 132 | [20]`, `${sent6} | protocol 132 | [20]`);
  both(`${sent4} id=5 offset=1480 | protocol 17 | [20]`, `${sent6} | fragment id=5 offset=1480 | protocol 17 | [20]`);
  both(`${sent4} options=01010101 | ${udp}`, `${sent6} | ${udp}`, `${sent4} | ${udp}`);
  t.is(
    translated(
      `${from6} | ICMPv6 unreachable | ${sent6} | hop-by-hop 010400000000 | destination 010400000000 | ${udp}`,
    ),
    `${to4} | ICMPv4 unreachable/1 | ${sent4} | ${udp}`,
  );
});

test('RFC 7915 4.3-INECHO 5.3-INECHO: a quoted echo becomes what its own type says', (t) => {
  for (const name of ['echo', 'echo-reply']) {
    t.is(
      translated(`${from4} | ICMPv4 time-exceeded | ${sent4} | ICMPv4 ${name} id=7 seq=1 | [40]`),
      `${to6} | ICMPv6 time-exceeded | ${sent6} | ICMPv6 ${name} id=7 seq=1 | [40]`,
    );
    t.is(
      translated(`${from6} | ICMPv6 time-exceeded | ${sent6} | ICMPv6 ${name} id=7 seq=1 | [40]`),
      `${to4} | ICMPv4 time-exceeded | ${sent4} | ICMPv4 ${name} id=7 seq=1 | [40]`,
    );
  }
});

test('RFC 7915 4.3-IN8 5.3-INSHORT: a quote of header and 8 octets is enough; cut shorter it is not', (t) => {
  const tcp8 = '0x9c40005000000001';
  t.is(
    translated(`${from4} | ICMPv4 unreachable/1 | ${sent4} total=1500 | protocol 6 | ${tcp8}`),
    `${to6} | ICMPv6 unreachable | ${sent6} payload=1480 | protocol 6 | ${tcp8}`,
  );
  t.is(
    translated(`${from6} | ICMPv6 unreachable | ${sent6} payload=1440 | protocol 6 | ${tcp8}`),
    `${to4} | ICMPv4 unreachable/1 | ${sent4} df total=1460 | protocol 6 | ${tcp8}`,
  );
  t.is(translated(`${from6} | ICMPv6 unreachable | 0x60000000`), 'dropped-malformed');
  t.is(translated(`${from4} | ICMPv4 unreachable/1 | 0x45000000`), 'dropped-malformed');
  t.is(translated(`${from4} | ICMPv4 unreachable/1 | ${sent4} total=19 | ${udp}`), 'dropped-malformed');
  t.is(
    translated(`${from6} | ICMPv6 unreachable | ${sent6} payload=40 | protocol 44 | 0x11000001`),
    'dropped-malformed',
  );
});

test('RFC 7915 4.3-IN8 5.3-INSHORT S4: quotes cut at every octet are dropped or translated, never read past', (t) => {
  for (const line of [
    `${from4} | ICMPv4 unreachable/1 | ${sent4} options=01010101 id=1 mf | TCP 1 > 2 SYN options=01010101`,
    `${from4} | ICMPv4 time-exceeded | ${sent4} | ICMPv4 echo id=7 seq=1`,
    `${from6} | ICMPv6 unreachable | ${sent6} | hop-by-hop 010400000000 | fragment id=9 mf | UDP 1 > 2 | [10]`,
    `${from6} | ICMPv6 time-exceeded | ${sent6} | ICMPv6 echo id=7 seq=1`,
  ]) {
    const { octets } = parsePacket(line);
    const isIpv4 = line.startsWith('IPv4');
    const head = isIpv4 ? 20 : 40;
    for (let length = head; length <= octets.length; length++) {
      const cut = octets.slice(0, length);
      const view = new DataView(cut.buffer);
      view.setUint16(isIpv4 ? 2 : 4, isIpv4 ? length : length - head);
      if (isIpv4) fixHeader(view);
      const { verdict } = bump(cut);
      const least = head + 8 + head + (line.includes('options') ? 4 : line.includes('fragment') ? 16 : 0);
      if (length < least) t.is(verdict, 'dropped-malformed', `${line} cut to ${length}`);
      if (length >= least + 8) t.is(verdict, 'translated', `${line} cut to ${length}`);
    }
  }
});

function fixHeader(view: DataView): void {
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  view.setUint16(10, 0xffff - ((sum & 0xffff) + (sum >>> 16)));
}

test('RFC 6946 5.1.1-ATOM: an error in an atomic fragment is a whole packet', (t) => {
  t.is(
    translated(`${from6} | fragment id=5 | ICMPv6 unreachable | ${sent6} | ${udp}`),
    `${to4} id=5 | ICMPv4 unreachable/1 | ${sent4} | ${udp}`,
  );
});

test('RFC 7915 4.3-INSUM: checksums of the quoted packet are not verified', (t) => {
  t.is(
    translated(`${from4} | ICMPv4 unreachable/1 | ${sent4} bad+0x1111 | UDP 1 > 2 bad+0x2222`),
    `${to6} | ICMPv6 unreachable | ${sent6} | UDP 1 > 2 bad+0x2222`,
  );
});

test('RFC 7915 4.3-INUDP0: a quoted UDP packet without checksum stays so', (t) => {
  for (const zeroUdpChecksum of ['drop', 'compute'] as const) {
    t.is(
      translated(`${from4} | ICMPv4 unreachable/3 | ${sent4} | UDP 1 > 2 no-sum`, { zeroUdpChecksum }),
      `${to6} | ICMPv6 unreachable/4 | ${sent6} | UDP 1 > 2 no-sum`,
    );
  }
});

test('RFC 7915 4.3-NEST 5.3-NEST: an error about an error is dropped', (t) => {
  t.is(
    translated(`${from4} | ICMPv4 unreachable/1 | ${sent4} | ICMPv4 time-exceeded | 0x0000000000000000`),
    'dropped-nested-error',
  );
  t.is(
    translated(`${from6} | ICMPv6 unreachable | ${sent6} | ICMPv6 time-exceeded | 0x00000000`),
    'dropped-nested-error',
  );
});

test('MAP-46 MAP-64: a quote of packets that were not translated is dropped', (t) => {
  t.is(translated(`${from4} | ICMPv4 unreachable/1 | IPv4 172.21.112.1 > 192.0.2.1 | ${udp}`), 'dropped-no-mapping');
  for (const ends of ['fd00::ac15:7001 > 2001:db8:7::1', '2001:db8:7::1 > 2001:db8::9']) {
    t.is(translated(`${from6} | ICMPv6 unreachable | IPv6 ${ends} | ${udp}`), 'dropped-no-mapping');
  }
});

test('RFC 7915 4.3-OSUM: a wrong outer checksum stays wrong by the same amount', (t) => {
  t.is(
    translated(`${from4} | ICMPv4 unreachable/1 bad+0x0101 | ${sent4} | ${udp}`),
    `${to6} | ICMPv6 unreachable bad+0x0101 | ${sent6} | ${udp}`,
  );
  t.is(
    translated(`${from6} | ICMPv6 unreachable bad+0x0101 | ${sent6} | ${udp}`),
    `${to4} | ICMPv4 unreachable/1 bad+0x0101 | ${sent4} | ${udp}`,
  );
});

test('RFC 7915 4.3-LEN 5.3-LEN: lengths and checksums are right whatever the length of the quote', (t) => {
  for (let size = 0; size < 1300; size += 13) {
    for (const line of [
      `${from4} | ICMPv4 unreachable/1 | ${sent4} | UDP 1 > 2 | [${size}]`,
      `${from6} | ICMPv6 unreachable | ${sent6} | UDP 1 > 2 | [${size}]`,
    ]) {
      const { pieces } = bump(parsePacket(line).octets);
      const [piece = new Uint8Array()] = pieces;
      t.is(pieces.length, 1);
      t.true(areChecksumsRight(piece), line);
      const view = new DataView(piece.buffer);
      t.is(piece[0] === 0x45 ? view.getUint16(2) : 40 + view.getUint16(4), piece.length);
      t.true(piece.length <= (piece[0] === 0x45 ? 576 : 1280));
    }
  }
});

test('RFC 7915 5.3-LEN: no error is longer than the IPv4 link carries, down to the shortest', (t) => {
  for (const mtu4 of [68, 300, 575, 576, 1500]) {
    const { pieces } = bump(
      parsePacket(`${from6} | ICMPv6 unreachable | ${sent6} | UDP 1 > 2 | [600]`).octets,
      undefined,
      {
        mtu4,
      },
    );
    const [piece = new Uint8Array()] = pieces;
    t.is(piece.length, Math.min(mtu4, 576));
    t.true(areChecksumsRight(piece));
  }
});

test('S4: every type and code, with a quote cut at every octet, is translated or dropped and never too long', (t) => {
  const out = new HeaderBuffer();
  const path = new PathMtu();
  const seen = new Set<number>();
  for (const line of [
    `${from4} | ICMPv4 unreachable/1 | ${sent4} id=1 mf | TCP 1 > 2 SYN options=01010101`,
    `${from6} | ICMPv6 unreachable | ${sent6} | hop-by-hop 010400000000 | fragment id=9 mf | UDP 1 > 2 | [10]`,
  ]) {
    const packet = new PacketBuffer();
    parseIntoPacketBuffer(line, packet);
    const isIpv4 = line.startsWith('IPv4');
    const head = isIpv4 ? 20 : 40;
    for (let length = packet.length; length >= head; length--) {
      packet.length = length;
      packet.view.setUint16(isIpv4 ? 2 : 4, isIpv4 ? length : length - head);
      if (isIpv4) fixHeader(packet.view);
      for (let type = 0; type < 256; type++) {
        for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 255]) {
          packet.view.setUint16(head, type * 256 + code);
          const outcome = isIpv4
            ? translate4to6(packet, exampleMap, path, out)
            : translate6to4(packet, exampleMap, path, out);
          seen.add(outcome);
          if (outcome === verdict.translated && (out.headerLength[0] ?? 0) + (out.payloadLength[0] ?? 0) > 200)
            t.fail(line);
        }
      }
    }
  }
  t.deepEqual([...seen].map((outcome) => verdicts[outcome]).sort(), [
    'dropped-icmp-type',
    'dropped-malformed',
    'translated',
  ]);
});
