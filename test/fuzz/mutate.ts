/**
 * Random and mutated packets that get far: headers are repaired as often as not, so that what is behind them is looked
 * at.
 */
import type { Offload, PacketBuffer } from '../../translator/packet-buffer.ts';
import { parsePacket } from '../../translator/packet-text.ts';

/** A packet to start from. */
export interface Seed {
  readonly octets: Uint8Array;
  readonly offload: Offload;
}

/** One packet of every kind that translation treats in some way of its own. */
export const seeds: readonly Seed[] = [
  'IPv4 172.21.112.1 > 10.170.160.9 | TCP 1 > 2 SYN options=020405b4 | [40]',
  'IPv4 172.21.112.1 > 10.170.160.9 df | TCP 1 > 2 ACK partial gso=1400 | [4000]',
  'IPv4 172.21.112.1 > 10.170.160.9 id=7 | UDP 1 > 2 | [2000]',
  'IPv4 172.21.112.1 > 10.170.160.9 id=7 | UDP 1 > 2 no-sum | [1301]',
  'IPv4 172.21.112.1 > 10.170.160.9 options=830704c000020100 | ICMPv4 echo id=1 seq=1 | [40]',
  'IPv4 172.21.112.1 > 10.170.160.9 mf offset=80 | protocol 17 | [40]',
  'IPv4 172.21.112.1 > 10.170.160.9 | ICMPv4 time-exceeded length=32 | IPv4 10.170.160.9 > 172.21.112.1 total=128 | UDP 1 > 2 length=108 | [100] | extension 0x20000000',
  'IPv4 10.170.160.9 > 172.21.112.1 | ICMPv4 unreachable/4 mtu=1400 | IPv4 172.21.112.1 > 10.170.160.9 id=1 mf | TCP 1 > 2 ACK | [40]',
  'IPv4 10.170.160.9 > 172.21.112.1 | ICMPv4 unreachable/1 | IPv4 172.21.112.1 > 10.170.160.9 options=01010101 | ICMPv4 echo id=1 seq=1',
  'IPv6 2001:db8::9 > fd00::ac15:7001 | TCP 1 > 2 ACK | [40]',
  'IPv6 2001:db8::9 > fd00::ac15:7001 | UDP 1 > 2 partial gso=1200 | [4000]',
  'IPv6 2001:db8::9 > fd00::ac15:7001 | ICMPv6 echo-reply id=1 seq=1 | [40]',
  'IPv6 2001:db8::9 > fd00::ac15:7001 | hop-by-hop 010400000000 | routing 000000000000 | fragment id=9 mf | UDP 1 > 2 sum=0x0001 | [40]',
  'IPv6 2001:db8::5 > fd00::ac15:7001 | ICMPv6 packet-too-big mtu=1400 | IPv6 fd00::ac15:7001 > 2001:db8::9 | fragment id=1 | TCP 1 > 2 | [40]',
  'IPv6 2001:db8::5 > fd00::ac15:7001 | ICMPv6 unreachable length=16 | IPv6 fd00::ac15:7001 > 2001:db8::9 payload=88 | UDP 1 > 2 length=88 | [80] | extension 0x20000000',
].map((line) => parsePacket(line));

/** A small generator (xorshift32), so that a run can be repeated from its number. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  /** One of a list that is not empty. */
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Octets that headers give a meaning: lengths, protocols, types, and the ends of ranges. */
const MEANINGFUL = [
  0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 17, 20, 40, 43, 44, 50, 51, 58, 60, 0x45, 0x46, 0x60, 127, 128, 129, 255,
];

/** Fills `packet` from its start with a packet made from one of `from`. */
export function mutate(random: Random, packet: PacketBuffer, from: readonly Seed[] = seeds): void {
  const { bytes, start, offload } = packet;
  const seed = random.of(from);
  bytes.set(seed.octets, start);
  packet.length = seed.octets.length;
  Object.assign(offload, seed.offload);
  for (let changes = random.below(5); changes > 0; changes--) {
    // Most of what matters is near the front.
    const at = start + random.below(random.below(3) === 0 ? packet.length : Math.min(packet.length, 112));
    const kind = random.below(4);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes[at] = random.of(MEANINGFUL);
    else bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  if (random.below(8) === 0) packet.length = 1 + random.below(packet.length);
  if (random.below(16) === 0) insert(random, packet);
  if (random.below(32) === 0) for (let at = 0; at < packet.length; at++) bytes[start + at] = random.below(256);
  if (random.below(16) === 0) offload.checksumStart = random.below(100);
  if (random.below(16) === 0) offload.gsoSize = random.below(2000);
  if (random.below(4) !== 0) repair(packet);
}

/** Puts 4 or 8 octets in between: an option, an extension header. */
function insert(random: Random, packet: PacketBuffer): void {
  const at = packet.start + random.below(Math.min(packet.length, 112));
  const count = 4 << random.below(2);
  packet.bytes.copyWithin(at + count, at, packet.start + packet.length);
  for (let index = 0; index < count; index++) packet.bytes[at + index] = random.of(MEANINGFUL);
  packet.length += count;
}

/** Makes lengths and the IPv4 header checksum right. */
function repair(packet: PacketBuffer): void {
  const { bytes, view, start, length } = packet;
  const first = bytes[start] ?? 0;
  if (first >> 4 === 6 && length >= 40) view.setUint16(start + 4, length - 40);
  const headerLength = (first & 15) * 4;
  if (first >> 4 !== 4 || headerLength < 20 || headerLength > length) return;
  view.setUint16(start + 2, length);
  view.setUint16(start + 10, 0);
  let sum = 0;
  for (let at = start; at < start + headerLength; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(start + 10, 0xffff - ((sum & 0xffff) + (sum >>> 16)));
}
