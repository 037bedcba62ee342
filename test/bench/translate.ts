/**
 * What translating one packet costs, per direction and kind, in nanoseconds, and what it allocates.
 * `install/node test/bench/translate.ts [--packets 2000000]`
 */
import { parseArgs } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { translate4to6 } from '../../translator/four-to-six.ts';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { translate6to4 } from '../../translator/six-to-four.ts';
import { verdicts } from '../../translator/verdict.ts';
import { exampleMap } from '../reference/address-maps.ts';

const kinds: readonly [string, string][] = [
  ['TCP', 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 df | TCP 40000 > 80 ACK | [1400]'],
  ['TCP, 60 KB of segments', 'IPv4 172.21.112.1 > 10.170.160.9 df | TCP 40000 > 80 ACK partial gso=1400 | [60000]'],
  ['UDP', 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 df | UDP 40000 > 53 | [64]'],
  ['UDP without checksum', 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 df | UDP 40000 > 53 no-sum | [1400]'],
  ['UDP in two pieces', 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 | UDP 40000 > 53 | [1400]'],
  ['echo', 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64 df | ICMPv4 echo id=1 seq=1 | [56]'],
  [
    'error',
    'IPv4 10.170.160.9 > 172.21.112.1 | ICMPv4 unreachable/3 | IPv4 172.21.112.1 > 10.170.160.9 | UDP 1 > 2 | [100]',
  ],
  ['TCP', 'IPv6 2001:db8::9 > fd00::ac15:7001 hlim=64 | TCP 80 > 40000 ACK | [1400]'],
  ['TCP, 60 KB of segments', 'IPv6 2001:db8::9 > fd00::ac15:7001 | TCP 80 > 40000 ACK partial gso=1400 | [60000]'],
  ['UDP', 'IPv6 2001:db8::9 > fd00::ac15:7001 hlim=64 | UDP 53 > 40000 | [64]'],
  ['echo', 'IPv6 2001:db8::9 > fd00::ac15:7001 hlim=64 | ICMPv6 echo-reply id=1 seq=1 | [56]'],
  [
    'error',
    'IPv6 2001:db8::9 > fd00::ac15:7001 | ICMPv6 unreachable/4 | IPv6 fd00::ac15:7001 > 2001:db8::9 | UDP 1 > 2 | [100]',
  ],
];

const { values } = parseArgs({ options: { packets: { type: 'string' } } });
const packets = Number(values.packets ?? 1_000_000);
const ROUNDS = 5;

const path = new PathMtu();
const out = new HeaderBuffer();
const prepared = kinds.map(([name, line]) => {
  const packet = new PacketBuffer();
  parseIntoPacketBuffer(line, packet);
  return { name, packet, isIpv4: line.startsWith('IPv4') };
});

/** Octets ever allocated on the heap, collected ones too: what is in use says nothing of what came and went. */
function allocatedSoFar(): number {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? Number.NaN;
}

/** Nanoseconds a packet. */
function measure(packet: PacketBuffer, isIpv4: boolean): number {
  const translate = isIpv4 ? translate4to6 : translate6to4;
  const before = process.hrtime.bigint();
  for (let count = 0; count < packets; count++) translate(packet, exampleMap, path, out);
  return Number(process.hrtime.bigint() - before) / packets;
}

// All kinds are seen before any is measured: what is compiled then serves a mixture, as it does in use.
for (const { packet, isIpv4 } of prepared) measure(packet, isIpv4);
for (const { name, packet, isIpv4 } of prepared) {
  const before = allocatedSoFar();
  const rounds = Array.from({ length: ROUNDS }, () => measure(packet, isIpv4)).sort((a, b) => a - b);
  const grown = (allocatedSoFar() - before) / (packets * ROUNDS);
  const outcome = verdicts[(isIpv4 ? translate4to6 : translate6to4)(packet, exampleMap, path, out)];
  const nanoseconds = (rounds[ROUNDS >> 1] ?? 0).toFixed(0).padStart(6);
  const allocated = grown.toFixed(2).padStart(6);
  console.log(
    `${isIpv4 ? '4 to 6' : '6 to 4'}  ${name.padEnd(24)} ${nanoseconds} ns ${allocated} octets of heap  ${outcome} in ${out.count}`,
  );
}
