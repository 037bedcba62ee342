/**
 * Whether a packet costs more when there are many: the packet path without a kernel, with one mapping and with a
 * million, with one flow and with ten thousand; and so where no packet waits behind another.
 * `install/node test/bench/many.ts [--packets 1000000]`
 */
import { parseArgs } from 'node:util';
import { createCounters, direction, readCounters } from '../../agent/data-plane/counters.ts';
import { preferHugePages } from '../../agent/data-plane/huge-pages.ts';
import { Pump } from '../../agent/data-plane/pump.ts';
import { createRequests, StrangerQuestions } from '../../agent/data-plane/stranger-requests.ts';
import { Strangers } from '../../agent/data-plane/strangers.ts';
import type { TunDevice } from '../../agent/data-plane/tun-device.ts';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6 } from '../../mapper/address/ipv6.ts';
import { AddressMapList } from '../../mapper/address-map.ts';
import { SelfMap } from '../../mapper/self-map.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { fold, sumOctets } from '../../translator/wire/checksum.ts';
import { LENGTH as IPV4_LENGTH } from '../../translator/wire/ipv4.ts';
import { verdictText } from './section.ts';
import { median, spread } from './statistics.ts';

const { values } = parseArgs({ options: { packets: { type: 'string' } } });
const packets = Number(values.packets ?? 1_000_000);
const ROUNDS = 7;
/** Packets that are there at a time, as many as a worker handles before it looks at anything else. */
const TOGETHER = 256;
/** What a packet may cost more, in nanoseconds. */
const MOST = 150;

const SPOOL = 0x0a000000;
const MAPPINGS = 1_000_000;
const FLOWS = 10_000;
/** Octets of the device's own header, and offsets from the start of the IP header. */
const DEVICE_HEADER = 10;
const field = { IPV4_CHECKSUM: 10, IPV4_DESTINATION: 16, IPV6_SOURCE: 8, IPV4_PORT: 20, IPV6_PORT: 42 } as const;

const self = { address: ipv6(0xfd000000, 0, 0, 0), length: 96 };
const peer = (number: number): Ipv6Address =>
  ipv6(0x20010db8, number >>> 20, Math.imul(number, 0x9e3779b1) >>> 0, number);

/** A number below `count` that looks like any other: no cache knows it before. */
function scattered(number: number, count: number): number {
  return Math.floor(((Math.imul(number, 0x9e3779b1) >>> 0) / 2 ** 32) * count);
}

/** A device whose packets are one packet with other addresses or ports, and that takes everything. */
class ManyPackets implements TunDevice {
  readonly #change: (packet: PacketBuffer, index: number) => void;
  readonly #template: PacketBuffer;
  #index = 0;

  constructor(line: string, change: (packet: PacketBuffer, index: number) => void) {
    this.#template = new PacketBuffer();
    this.#change = change;
    parseIntoPacketBuffer(line, this.#template);
  }

  read(packet: PacketBuffer): boolean {
    const { start, length, bytes } = this.#template;
    packet.start = DEVICE_HEADER;
    packet.length = length;
    for (let octet = 0; octet < length; octet++) packet.bytes[DEVICE_HEADER + octet] = bytes[start + octet] as number;
    this.#change(packet, this.#index++);
    return true;
  }

  write(): boolean {
    return true;
  }

  flush(): void {}
}

let handed = 0;
/** What all pumps count: every packet must have been translated, or nothing was measured. */
const counters = createCounters();
const spool = new Spool([{ address: ipv4(SPOOL), length: 12 }]);
const table = SharedTable.create(spool, 0x5eed);
preferHugePages(table.memory);
const writer = table.writer();
for (let number = 0; number < MAPPINGS; number++) writer.publish(number + 1, peer(number));

/** The packets of one direction: to or from one of so many mappings, with one of so many ports. */
function device(version: 4 | 6, mappings: number, flows: number): ManyPackets {
  return version === 4
    ? new ManyPackets(
        'IPv4 172.21.112.1 > 10.0.0.1 ttl=64 df | TCP 40000 > 80 ACK | [64]',
        ({ view, start }, index) => {
          view.setUint32(start + field.IPV4_DESTINATION, SPOOL + 1 + scattered(index, mappings));
          view.setUint16(start + field.IPV4_CHECKSUM, 0);
          view.setUint16(start + field.IPV4_CHECKSUM, ~fold(sumOctets(view, start, start + IPV4_LENGTH)) & 0xffff);
          view.setUint16(start + field.IPV4_PORT, 1024 + scattered(index, flows));
        },
      )
    : new ManyPackets(
        'IPv6 2001:db8::1 > fd00::ac15:7001 hlim=64 | TCP 80 > 40000 ACK | [64]',
        ({ view, start }, index) => {
          const { w0, w1, w2, w3 } = peer(scattered(index, mappings));
          view.setInt32(start + field.IPV6_SOURCE, w0);
          view.setInt32(start + field.IPV6_SOURCE + 4, w1);
          view.setInt32(start + field.IPV6_SOURCE + 8, w2);
          view.setInt32(start + field.IPV6_SOURCE + 12, w3);
          view.setUint16(start + field.IPV6_PORT, 1024 + scattered(index, flows));
        },
      );
}

/** A pump over one of those devices. */
function pump(version: 4 | 6, mappings: number, flows: number): Pump {
  return new Pump({
    device: device(version, mappings, flows),
    table,
    maps: new AddressMapList([new SelfMap(self, spool), table.reader]),
    spool,
    self,
    path: new PathMtu(),
    own: { ipv4: ipv4(SPOOL), ipv6: ipv6(0xfd000000, 0, 0, SPOOL) },
    strangers: new Strangers(new StrangerQuestions(createRequests()), 1000),
    errorsPerSecond: 100,
    random: (words) => crypto.getRandomValues(words as Uint16Array<ArrayBuffer>),
    trace: { isOn: () => false, note: () => {} },
    counters,
  });
}

/** Nanoseconds a packet, of so many at a time. */
function measure(those: Pump, together: number): number {
  handed += packets;
  const before = process.hrtime.bigint();
  for (let left = packets; left > 0; ) left -= those.drain(Math.min(together, left), Date.now());
  return Number(process.hrtime.bigint() - before) / packets;
}

const cases = ([4, 6] as const).flatMap((version) => {
  const name = version === 4 ? '4 to 6' : '6 to 4';
  const one = pump(version, 1, 1);
  const many = pump(version, MAPPINGS, 1);
  return [
    { title: `${name}, 1,000,000 mappings`, one, many, together: TOGETHER },
    { title: `${name}, 10,000 flows`, one, many: pump(version, 1, FLOWS), together: TOGETHER },
    { title: `${name}, 1,000,000, each alone`, one, many, together: 1 },
  ];
});
// All are seen before any is measured: what is compiled then serves all of them.
for (const { one, many, together } of cases) for (const each of [one, many]) measure(each, together);
for (const { title, one, many, together } of cases) {
  const pairs = Array.from({ length: ROUNDS }, () => [measure(one, together), measure(many, together)] as const);
  const more = spread(pairs.map(([least, most]) => most - least));
  const few = median(pairs.map(([least]) => least)).toFixed(0);
  // When packets come one by one, each has its waking as well, which takes a hundred times as long.
  const verdict = together === 1 ? '' : verdictText(more.median <= MOST, `at most ${MOST} ns more`);
  const range = `${more.median.toFixed(0)} ns (${more.least.toFixed(0)}–${more.most.toFixed(0)})`;
  console.log(`${title.padEnd(30)}${range.padEnd(20)} more than the ${few} ns with one   ${verdict}`.trimEnd());
}

const translated =
  readCounters([counters], direction.FOUR_TO_SIX).packets + readCounters([counters], direction.SIX_TO_FOUR).packets;
if (translated !== handed) throw new Error(`Only ${translated} of ${handed} packets were translated`);
