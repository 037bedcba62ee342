/**
 * Throws random and mutated packets at both directions: no exception, no verdict that takes over 1 ms, no octet of
 * output that is not written, no octet read outside the packet. `install/node test/fuzz/translate.ts --packets 1000000
 * [--seed 1]`
 */
import { parseArgs } from 'node:util';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { ipv6 } from '../../mapper/address/ipv6.ts';
import { translate4to6 } from '../../translator/four-to-six.ts';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { LONGEST_ICMP_ERROR, writeIcmpv4Error, writeIcmpv6Error } from '../../translator/icmp-error.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { formatPacketBuffer } from '../../translator/packet-text.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { isUpToSegments, Segments } from '../../translator/segments.ts';
import { translate6to4 } from '../../translator/six-to-four.ts';
import { isRefused, type Verdict, verdicts } from '../../translator/verdict.ts';
import { exampleMap } from '../reference/address-maps.ts';
import { mutate, Random } from './mutate.ts';

const { values } = parseArgs({ options: { packets: { type: 'string' }, seed: { type: 'string' } } });
const packets = Number(values.packets ?? 100_000);
const seed = Number(values.seed ?? 1);

/** Every so many packets the slow check is made: twice, with other octets around packet and output. */
const CHECK_EVERY = 16;
const GUARD = 256;
const SLOW_MILLISECONDS = 1;

const random = new Random(seed);
const path = Object.assign(new PathMtu(), {
  errorSource4: [{ address: ipv4(0xc0000200), length: 28 }],
  errorSourceExtension: true,
  errorSource6: [{ address: ipv6(0x20010db8, 0, 0, 0xee), length: 128 }],
});
const packet = new PacketBuffer();
const out = new HeaderBuffer();
const segments = new Segments();
const apart = new HeaderBuffer();
const error = new DataView(new ArrayBuffer(LONGEST_ICMP_ERROR));
const counts = verdicts.map(() => 0);
let slow = 0;
packet.start = GUARD;

for (let count = 0; count < packets; count++) {
  mutate(random, packet);
  try {
    const outcome = timed();
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (count % CHECK_EVERY === 0) compareTwice();
  } catch (cause) {
    throw new Error(`Packet ${count} of seed ${seed}: ${formatPacketBuffer(packet)}`, { cause });
  }
}

const resident = Math.round(process.memoryUsage().rss / 2 ** 20);
for (const [index, name] of verdicts.entries()) console.log(`${String(counts[index]).padStart(10)}  ${name}`);
console.log(
  `${packets} packets of seed ${seed}: no exception; ${slow} over ${SLOW_MILLISECONDS} ms; ${resident} MiB resident`,
);
if (slow > 0) process.exitCode = 1;

/** Translates once; one that takes long is given five more chances, because a machine has other things to do. */
function timed(): Verdict {
  const before = performance.now();
  const outcome = translate();
  if (performance.now() - before > SLOW_MILLISECONDS) {
    let least = Number.POSITIVE_INFINITY;
    for (let again = 0; again < 5; again++) {
      const started = performance.now();
      translate();
      least = Math.min(least, performance.now() - started);
    }
    if (least > SLOW_MILLISECONDS) slow++;
  }
  return outcome;
}

function translate(): Verdict {
  const isIpv6 = (packet.bytes[packet.start] ?? 0) >> 4 === 6;
  const outcome = (isIpv6 ? translate6to4 : translate4to6)(packet, exampleMap, path, out);
  if (isUpToSegments(outcome, packet)) {
    segments.begin(packet);
    while (segments.next()) (isIpv6 ? translate6to4 : translate4to6)(segments.packet, exampleMap, path, apart);
    return outcome;
  }
  if (isRefused(outcome)) {
    if (isIpv6) writeIcmpv6Error(packet, ipv6(1, 2, 3, 4), out.refusal, error, 0);
    else writeIcmpv4Error(packet, ipv4(1), out.refusal, error, 0);
  }
  return outcome;
}

/** The outcome must not depend on what was in the buffers before. */
function compareTwice(): void {
  const [first, second] = [surroundedBy(0xa5), surroundedBy(0x5a)];
  if (first !== second) throw new Error(`Depends on what was in the buffers before:\n${first}\n${second}`);
}

function surroundedBy(fill: number): string {
  packet.bytes.fill(fill, 0, GUARD);
  packet.bytes.fill(fill, GUARD + packet.length, GUARD + packet.length + GUARD);
  out.bytes.fill(fill);
  const outcome = translate();
  const pieces = Array.from({ length: out.count }, (_, piece) => Buffer.from(out.join(packet, piece)));
  // Identifications go on counting, so they are left out of the comparison, and with them the header's checksum.
  for (const piece of pieces) if ((piece[0] ?? 0) >> 4 === 4) piece.fill(0, 4, 6).fill(0, 10, 12);
  return [verdicts[outcome], ...pieces.map((piece) => piece.toString('hex'))].join('\n');
}
