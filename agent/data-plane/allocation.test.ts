/** What a packet leaves to the garbage collector: nothing, or the few octets V8 needs to hand on an address over 2^31. */
import test from 'ava';
import type { HeaderBuffer } from '../../translator/header-buffer.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { createCounters } from './counters.ts';
import { MONDAY, pumpScene } from './fixture/pump-scene.ts';
import type { TunDevice } from './tun-device.ts';
import { JoiningTun } from './tun-joining.ts';

/** Enough for V8 to have compiled all of it. */
const WARM_UP = 150_000;
const ROUNDS = 5;
const PACKETS = 20_000;
/** Mappings of a table for which packets are read ahead. */
const LARGE = 100_000;
/** Two numbers with their headers, and some noise. */
const BOXED_ADDRESSES = 40;

/** Has one packet over and over, and forgets what is written. */
class RepeatingTun implements TunDevice {
  readonly #line: string;

  constructor(line: string) {
    this.#line = line;
  }

  read(packet: PacketBuffer): boolean {
    if (packet.length > 0) return true;
    packet.start = 10;
    parseIntoPacketBuffer(this.#line, packet);
    return true;
  }

  write(_headers: HeaderBuffer, _piece: number, _payload: PacketBuffer): boolean {
    return true;
  }

  flush(): void {}
}

/** Octets of heap that one packet takes: the least of some rounds, because the process has other things to do. */
function octetsPerPacket(line: string, expected?: number): number {
  const device = new JoiningTun(new RepeatingTun(line), createCounters());
  const { pump } = pumpScene({ device }, {}, undefined, expected);
  pump.drain(WARM_UP, MONDAY);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let done = 0; done < PACKETS; done += 250) pump.drain(250, MONDAY + done);
    rounds.push((process.memoryUsage().heapUsed - before) / PACKETS);
  }
  // A round in which something was collected says nothing.
  return Math.min(...rounds.filter((octets) => octets >= 0));
}

for (const [what, line] of [
  ['TCP to IPv6', 'IPv4 SELF4 > 10.170.160.9 df | TCP 1 > 2 ACK partial gso=1400 | [30000]'],
  ['TCP to IPv4', 'IPv6 2001:db8::9 > SELF6 | TCP 1 > 2 ACK partial gso=1400 | [30000]'],
  ['UDP to IPv6', 'IPv4 SELF4 > 10.170.160.9 | UDP 1 > 2 | [100]'],
  ['UDP to IPv4', 'IPv6 2001:db8::9 > SELF6 | UDP 1 > 2 | [100]'],
  ['echo', 'IPv4 SELF4 > 10.170.160.9 | ICMPv4 echo id=1 seq=1 | [56]'],
  ['a packet that is cut', 'IPv4 SELF4 > 10.170.160.9 | UDP 1 > 2 partial | [1400]'],
  ['an ICMP error', 'IPv6 2001:db8::9 > SELF6 | ICMPv6 unreachable/4 | IPv6 SELF6 > 2001:db8::9 | UDP 1 > 2'],
  ['a refused packet', 'IPv4 SELF4 > 10.170.160.77 | UDP 1 > 2'],
  ['a dropped packet', 'IPv6 fe80::1 > ff02::2 hlim=255 | ICMPv6 133 | 0x00000000'],
  ['a stranger', 'IPv6 2001:db8::77 > SELF6 | UDP 1 > 2'],
] as const) {
  test.serial(`nothing is allocated for ${what}`, (t) => {
    const low = octetsPerPacket(line.replaceAll('SELF4', '10.170.224.1').replaceAll('SELF6', 'fd00::aaa:e001'));
    t.true(low < 4, `${low.toFixed(1)} octets a packet`);
    const high = octetsPerPacket(line.replaceAll('SELF4', '172.21.112.1').replaceAll('SELF6', 'fd00::ac15:7001'));
    t.true(high < BOXED_ADDRESSES, `${high.toFixed(1)} octets a packet`);
  });
}

for (const [what, line] of [
  ['to IPv6', 'IPv4 10.170.224.1 > 10.170.160.9 | UDP 1 > 2 | [100]'],
  ['to IPv4', 'IPv6 2001:db8::9 > fd00::aaa:e001 | UDP 1 > 2 | [100]'],
] as const) {
  test.serial(`nothing is allocated for packets that are read ahead, ${what}`, (t) => {
    const octets = octetsPerPacket(line, LARGE);
    t.true(octets < 4, `${octets.toFixed(1)} octets a packet`);
  });
}
