/**
 * Every checksum the translator writes, judged by tshark: what it finds right and well-formed before translation it must
 * find so after, both ways, in whole packets, in fragments put together again, and in what ICMP errors quote.
 */
import test from 'ava';
import { ipv4 } from '../mapper/address/ipv4.ts';
import { ipv6 } from '../mapper/address/ipv6.ts';
import { translate4to6 } from '../translator/four-to-six.ts';
import { HeaderBuffer } from '../translator/header-buffer.ts';
import { LONGEST_ICMP_ERROR, writeIcmpv4Error, writeIcmpv6Error } from '../translator/icmp-error.ts';
import { Identifications } from '../translator/identifications.ts';
import { Offload, PacketBuffer } from '../translator/packet-buffer.ts';
import { formatPacket, parsePacket } from '../translator/packet-text.ts';
import { PathMtu } from '../translator/path-mtu.ts';
import { translate6to4 } from '../translator/six-to-four.ts';
import { isRefused } from '../translator/verdict.ts';
import { mutate, Random } from './fuzz/mutate.ts';
import { readCorpus, settings } from './fuzz/scene.ts';
import { exampleMap } from './reference/address-maps.ts';
import { isClean, JUMBO_IN_IPV4, type Judgement, judge, transportOf } from './reference/tshark.ts';

const packet = new PacketBuffer();
const out = new HeaderBuffer(new Identifications((counters) => counters.fill(40_000)));
const error = new DataView(new ArrayBuffer(LONGEST_ICMP_ERROR));

/** All packets that are sent about one: what it becomes, or the error to its sender. */
function sentAbout(octets: Uint8Array, path: PathMtu): Uint8Array[] {
  packet.bytes.set(octets, packet.start);
  packet.length = octets.length;
  const isIpv6 = (octets[0] ?? 0) >> 4 === 6;
  const outcome = (isIpv6 ? translate6to4 : translate4to6)(packet, exampleMap, path, out);
  if (!isRefused(outcome)) return Array.from({ length: out.count }, (_, piece) => out.join(packet, piece));
  const length = isIpv6
    ? writeIcmpv6Error(packet, ipv6(0x20010db8, 0, 0, 0xfe), out.refusal, error, 0)
    : writeIcmpv4Error(packet, ipv4(0xac157ffe), out.refusal, error, 0);
  return length === 0 ? [] : [new Uint8Array(error.buffer.slice(0, length))];
}

/** The packets that tshark objects to, each with its objection. */
function objections(packets: readonly Uint8Array[], judgements: readonly Judgement[]): string[] {
  return judgements.flatMap((judgement, index) =>
    isClean(judgement) ? [] : [`${formatPacket(packets[index] ?? new Uint8Array())}: ${judgement.remarks}`],
  );
}

/** How many headers of each kind were verified and right, so that a judge who looks at nothing is noticed. */
function verified(judgements: readonly Judgement[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of judgements.flatMap(({ right }) => right)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const from4 = 'IPv4 172.21.112.1 > 10.170.160.9';
const from6 = 'IPv6 2001:db8::9 > fd00::ac15:7001';
/** In front of the transport header: what translation leaves out or copies. */
const heads4 = ['', ' tos=187', ' options=830708c000020100', ` options=${'01'.repeat(39)}00`, ' df'];
const heads6 = [
  '',
  ' class=187 flow=1048575',
  ' | hop-by-hop 010400000000',
  ' | routing 000000000000 | destination 010400000000 | hop-by-hop 010400000000',
];
const lengths = [0, 1, 2, 7, 64, 1000, 1231, 1232, 1233, 1400];
const layers = (icmp: string): string[] => [
  ...lengths.flatMap((length) => [
    `TCP 40000 > 40001 ACK seq=${length} | [${length}]`,
    `TCP 40001 > 40000 SYN options=020405b4 win=65535 urg=9 | [${length}]`,
    `UDP 40000 > 40001 | [${length}]`,
    `${icmp} echo id=${length} seq=65535 | [${length}]`,
    `${icmp} echo-reply id=1 seq=${length} | [${length}]`,
  ]),
  'UDP 40000 > 40001 no-sum | [33]',
  'protocol 253 | [64]',
];
const quotes = [
  ...[0, 1, 100, 507, 508, 509, 1180, 1300].map((length) => `UDP 40000 > 40001 | [${length}]`),
  'UDP 40000 > 40001 no-sum | "odd"',
  'TCP 40000 > 40001 SYN options=020405b4',
  'ICMP echo id=7 seq=9 | [56]',
];
const extension = ' | extension 0x2000cdff0008010112345678';
const errors4 = ['unreachable/1', 'unreachable/2', 'unreachable/3', 'unreachable/4 mtu=1400', 'unreachable/13'];
const errors6 = ['unreachable', 'unreachable/1', 'unreachable/4', 'packet-too-big mtu=1400', 'parameter-problem/1'];
const others = ['time-exceeded', 'time-exceeded/1', 'parameter-problem pointer=8', 'parameter-problem'];

/** Whole packets of every kind in both families, each right in itself. */
const wholes = [
  ...heads4.flatMap((head) => layers('ICMPv4').map((layer) => `${from4} ttl=64${head} | ${layer}`)),
  ...heads6.flatMap((head) => layers('ICMPv6').map((layer) => `${from6} hlim=64${head} | ${layer}`)),
  ...[...errors4, ...others].flatMap((message) =>
    quotes.map((layer) => {
      const quote = `IPv4 172.21.112.1 > 10.170.160.9 ttl=1 | ${layer.replace('ICMP ', 'ICMPv4 ')}`;
      return `IPv4 10.170.160.5 > 172.21.112.1 ttl=64 | ICMPv4 ${message} | ${quote}`;
    }),
  ),
  ...[...errors6, ...others].flatMap((message) =>
    quotes.map((layer) => {
      const quote = `IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1 | ${layer.replace('ICMP ', 'ICMPv6 ')}`;
      return `IPv6 2001:db8::5 > fd00::ac15:7001 hlim=64 | ICMPv6 ${message} | ${quote}`;
    }),
  ),
  `IPv4 10.170.160.5 > 172.21.112.1 ttl=64 | ICMPv4 time-exceeded length=32 | ${from4} ttl=1 | UDP 40000 > 40001 | [100]${extension}`,
  `IPv6 2001:db8::5 > fd00::ac15:7001 hlim=64 | ICMPv6 time-exceeded length=16 | IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1 | UDP 40000 > 40001 | [80]${extension}`,
  // Refused: an error of our own is what is sent.
  `${from4} ttl=1 | UDP 40000 > 40001 | [1000]`,
  `${from4} ttl=64 df | UDP 40000 > 40001 | [1472]`,
  `IPv4 172.21.112.1 > 10.170.160.200 ttl=64 | TCP 40000 > 40001 SYN`,
  `${from6} hlim=1 | UDP 40000 > 40001 | [1200]`,
  // (No TCP here: what tshark says of its checksum in a quote that was cut is wrong.)
  `${from6} hlim=64 | UDP 40000 > 40001 | [2000]`,
  `${from6} hlim=64 | routing 000100000000 | UDP 40000 > 40001 | "x"`,
].map((line) => parsePacket(line).octets);

test('RFC 7915 4.5-TCP 4.5-UDP 4.2-ECHO 5.2-ECHO 4.3-LEN 5.3-LEN 5.1-HDR: tshark finds every checksum of whole packets right', (t) => {
  t.deepEqual(objections(wholes, judge(wholes, false)), [], 'the test is wrong');
  const path = new PathMtu();
  const there = wholes.flatMap((octets) => sentAbout(octets, path));
  const back = there.flatMap((octets) => sentAbout(octets, path));
  t.true(there.length >= wholes.length && back.length > wholes.length / 2, `${there.length}, ${back.length}`);
  for (const packets of [there, back]) {
    const judgements = judge(packets, false);
    t.deepEqual(objections(packets, judgements), []);
    const counts = verified(judgements);
    for (const name of ['ip', 'tcp', 'udp', 'icmp', 'icmpv6']) t.true((counts[name] ?? 0) > 50, JSON.stringify(counts));
  }
});

/** UDP too long for the path, cut by us or by whoever sent it, each with an identification of its own. */
const longs = [1233, 1300, 2464, 5000, 20_000, 65_000].flatMap((length, index) => [
  `${from4} ttl=64 id=${100 + index} | UDP 40000 > 40001 | [${length}]`,
  `${from4} ttl=64 id=${200 + index} | UDP 40000 > 40001 no-sum | [${length}]`,
  `${from4} ttl=64 id=${300 + index} | TCP 40000 > 40001 ACK | [${length}]`,
]);

test('RFC 7915 4.1-FRAG 4.1-FH 5.1.1-FH 4.5-FRAGN 5.1.1-V4FRAG: tshark finds the checksum of reassembled packets right', (t) => {
  const sent = longs.map((line) => parsePacket(line).octets);
  const there = sent.flatMap((octets) => sentAbout(octets, new PathMtu()));
  // Back on the same hosts' way: the addresses change places, which no sum notices.
  const turned = there.map(turn);
  const narrow = Object.assign(new PathMtu(), { mtu4: 800 });
  const back = turned.flatMap((octets) => sentAbout(octets, narrow));
  t.true(there.length > 200 && back.length > there.length);
  for (const packets of [there, turned, back]) {
    const judgements = judge(packets, true);
    t.deepEqual(objections(packets, judgements), []);
    const counts = verified(judgements);
    t.is((counts.udp ?? 0) + (counts.tcp ?? 0), longs.length, JSON.stringify(counts));
  }
});

/** An IPv6 packet with its addresses exchanged. */
function turn(octets: Uint8Array): Uint8Array {
  const turned = octets.slice();
  turned.set(octets.subarray(24, 40), 8);
  turned.set(octets.subarray(8, 24), 24);
  return turned;
}

/** The corpus, and packets mutated from it; partial checksums are not for tshark, since the device completes them. */
function fuzzed(count: number): Uint8Array[] {
  const corpus = readCorpus().map(({ line }) => parsePacket(line));
  const random = new Random(7915);
  const made = Array.from({ length: count }, () => {
    mutate(random, packet, corpus);
    const octets = packet.bytes.slice(packet.start, packet.start + packet.length);
    return { octets, offload: { needsChecksum: packet.offload.needsChecksum } };
  });
  Object.assign(packet.offload, new Offload());
  return [...corpus, ...made].filter(({ offload }) => !offload.needsChecksum).map(({ octets }) => octets);
}

test('RFC 7915 4.5-INCR ROBUST: fuzzed packets come out as right, or as wrong, as tshark found them', (t) => {
  const packets = fuzzed(5000);
  const before = judge(packets, false);
  const path = Object.assign(new PathMtu(), settings);
  const sent = packets.flatMap((octets, index) => {
    const said = before[index];
    return sentAbout(octets, path).map((piece) => ({ octets, said, piece }));
  });
  const after = judge(
    sent.map(({ piece }) => piece),
    false,
  );
  const counts = { clean: 0, right: 0, wrong: 0 };
  for (const [index, judgement] of after.entries()) {
    const { octets, said, piece } = sent[index] ?? {};
    if (said === undefined || octets === undefined || piece === undefined) continue;
    const message = `${formatPacket(octets)}\n${formatPacket(piece)}\n${judgement.remarks}`;
    if (isClean(said)) {
      t.true(isClean(judgement) || judgement.remarks === JUMBO_IN_IPV4, message);
      counts.clean++;
    }
    const was = transportOf(said);
    const is = transportOf(judgement);
    // Our own error is in the family of the packet it is about.
    const isAnswer = (octets[0] ?? 0) >> 4 === (piece[0] ?? 0) >> 4;
    if (isAnswer || was === 'none' || is === 'none') continue;
    t.is(is, was, message);
    counts[was]++;
  }
  t.true(
    Object.values(counts).every((count) => count > 50),
    JSON.stringify(counts),
  );
  t.log(JSON.stringify(counts));
});

test('tshark objects to what is wrong', (t) => {
  const wrong = [
    `${from4} bad+0x0001 | UDP 40000 > 40001 | "x"`,
    `${from4} | UDP 40000 > 40001 bad+0x0001 | "x"`,
    `${from6} | TCP 40000 > 40001 SYN bad+0xff00 | "odd"`,
    `${from4} | ICMPv4 echo id=1 seq=1 bad+0x0001`,
    `${from6} | ICMPv6 echo id=1 seq=1 bad+0x0001`,
    `${from6} | ICMPv6 unreachable | IPv6 fd00::ac15:7001 > 2001:db8::9 | UDP 40000 > 40001 bad+0x0001 | "x"`,
    `${from4} | UDP 40000 > 40001 length=99 | "x"`,
    `${from4} | protocol 17 | 0x9c40`,
    // What comes in wrong goes out wrong, and is seen on the other side.
    `${from4} ttl=64 | TCP 40000 > 40001 SYN bad+0x1234`,
  ].map((line) => parsePacket(line).octets);
  wrong.push(...sentAbout(wrong.at(-1) ?? new Uint8Array(), new PathMtu()));
  const judgements = judge(wrong, false);
  t.is(wrong.length, 10);
  t.is(objections(wrong, judgements).length, wrong.length, JSON.stringify(judgements));
  t.deepEqual(
    judgements.slice(0, 5).map((judgement) => judgement.wrong),
    [['ip'], ['udp'], ['tcp'], ['icmp'], ['icmpv6']],
  );
  const cut = sentAbout(parsePacket(`${from4} ttl=64 id=9 | UDP 40000 > 40001 | [2000]`).octets, new PathMtu());
  const [, last = new Uint8Array()] = cut;
  last[last.length - 1] = 0;
  t.is(objections(cut, judge(cut, true)).length, 1, 'one octet of a fragment');
});
