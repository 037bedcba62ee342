/**
 * Warming up a packet worker. V8 compiles what has run often, so the first thousand packets of a new worker would take
 * five times as long as those after them (translating an echo request 16 µs, then 2; round trip 79 µs, then 49; two
 * cores, Linux 6.18). So a worker handles packets of its own making before the first real one. They are as various as
 * those that programs make: at what it has not seen, compiled code gives up and begins anew.
 */
import { setFlagsFromString } from 'node:v8';
import type { Ipv6Prefix } from '../../mapper/address/prefix.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';
import { gso, Offload } from '../../translator/packet-buffer.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';
import { protocol } from '../../translator/wire/protocol.ts';
import { flag, libc } from './libc.ts';
import type { Pump } from './pump.ts';
import { VIRTIO_NET_HEADER_SIZE, writeVirtioNetHeader } from './virtio-net-header.ts';
import type { WorkerStart } from './worker-control.ts';

/** From sys/socket.h. */
const socket = { UNIX: 1, SEQPACKET: 5 } as const;
/** Rounds of all packets: about 50 ms. */
const ROUNDS = 500;
/**
 * Calls after which V8 compiles as well as it can: its default, at which these rounds leave all but a few functions to a
 * faster compiler of slower code, and ours while they last.
 */
const OPTIMIZE_AFTER = { DEFAULT: 3000, HERE: 400 } as const;
/** The peer that does not exist (RFC 3849), the host's address and the one that stands for the peer. */
const PEER = { w0: 0x20010db8, w1: 0, w2: 0, w3: 1 } as const;
const HOST = 0xac157001 | 0;
/** Octets of a whole packet. */
const LENGTH = 128;
/** Mappings that the table has room for, so that packets are read ahead (`read-ahead.ts`). */
const LARGE = 100_000;
/** Datagrams that come at once, so that they are joined behind the first. */
const TOGETHER = 4;

/** Transport headers by what follows which IP header; what is not named here is 0. Checksums are nobody's business. */
const transports: readonly { version: 4 | 6; protocol: number; octets: Readonly<Record<number, number>> }[] = [
  { version: 4, protocol: protocol.TCP, octets: { 12: 0x50, 13: 0x10, 16: 1 } },
  { version: 6, protocol: protocol.TCP, octets: { 12: 0x50, 13: 0x10, 16: 1 } },
  { version: 4, protocol: protocol.UDP, octets: { 5: LENGTH - ipv4Header.LENGTH, 6: 1 } },
  { version: 6, protocol: protocol.UDP, octets: { 5: LENGTH - ipv6Header.LENGTH, 6: 1 } },
  { version: 4, protocol: protocol.ICMPV4, octets: { 0: 8, 2: 1 } },
  { version: 6, protocol: protocol.ICMPV6, octets: { 0: 129, 2: 1 } },
];

/** What the kernel leaves to the device: nothing, the checksum, or cutting TCP into segments as well. */
const tasks = ['nothing', 'checksum', 'segments'] as const;
type Task = (typeof tasks)[number];

/** Where the checksum is in its header, for protocols that programs use through sockets (RFC 9293 §3.1, RFC 768). */
const checksumOffset: Readonly<Record<number, number>> = { [protocol.TCP]: 16, [protocol.UDP]: 6 };

/** What a pump works on. */
export interface PumpScene {
  /** A TUN queue, or a socket that keeps packets apart. */
  readonly queue: number;
  readonly table: SharedTable;
  readonly spool: Spool;
}

/**
 * Sends packets through a pump that `createPump` makes over a socket in the place of the device, and through nothing
 * that lasts. Returns how many were handled; none when there are no sockets.
 */
export function warmUp(
  { spool: memory, self }: Pick<WorkerStart, 'spool' | 'self'>,
  createPump: (scene: PumpScene) => Pump,
): number {
  const [range] = new Spool(memory).open;
  if (range === undefined) return 0;
  const ends = new Int32Array(new ArrayBuffer(8));
  const { UNIX, SEQPACKET } = socket;
  if (libc.socketpair(UNIX, SEQPACKET | flag.NONBLOCK | flag.CLOEXEC, 0, ends) < 0) return 0;
  const [near = -1, far = -1] = ends;
  const spool = new Spool([{ address: range.address, length: 30 }]);
  const table = SharedTable.create(spool, 1, LARGE);
  table.writer().publish(1, PEER);
  const pump = createPump({ queue: near, table, spool });
  const packets = transports.flatMap((transport) =>
    tasksOf(transport.protocol).map((task) => ({
      octets: packetOf(transport, task, (range.address + 1) | 0, self),
      count: transport.protocol === protocol.UDP && task === 'checksum' ? TOGETHER : 1,
    })),
  );
  const came = new Uint8Array(new ArrayBuffer(TOGETHER * LENGTH));
  let handled = 0;
  setFlagsFromString(`--invocation-count-for-turbofan=${OPTIMIZE_AFTER.HERE}`);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { octets, count } of packets) {
      for (let sent = 0; sent < count; sent++) libc.write(far, octets, octets.length);
      // A second passes with each round, for what is done once a second is done then.
      handled += pump.drain(count + 1, Date.now() + round * 1000);
      while (libc.read(far, came, came.length) > 0);
    }
  }
  setFlagsFromString(`--invocation-count-for-turbofan=${OPTIMIZE_AFTER.DEFAULT}`);
  libc.close(near);
  libc.close(far);
  return handled;
}

function tasksOf(number: number): readonly Task[] {
  return tasks.slice(0, number === protocol.TCP ? 3 : number === protocol.UDP ? 2 : 1);
}

/** A packet as the device hands it over: from the host to the peer over IPv4, or back over IPv6. */
function packetOf(
  { version, protocol: number, octets }: (typeof transports)[number],
  task: Task,
  peer: number,
  self: Ipv6Prefix,
): Uint8Array {
  const packet = new Uint8Array(new ArrayBuffer(VIRTIO_NET_HEADER_SIZE + LENGTH));
  const view = new DataView(packet.buffer);
  if (version === 4) {
    const fields = new ipv4Header.Ipv4Fields();
    Object.assign(fields, { totalLength: LENGTH, timeToLive: 64, protocol: number, source: HOST, destination: peer });
    fields.fragmentation = ipv4Header.flag.DONT_FRAGMENT;
    ipv4Header.emit(view, VIRTIO_NET_HEADER_SIZE, fields);
  } else {
    const fields = new ipv6Header.Ipv6Fields();
    Object.assign(fields, { payloadLength: LENGTH - ipv6Header.LENGTH, nextHeader: number, hopLimit: 64 });
    Object.assign(fields.source, PEER);
    Object.assign(fields.destination, self.address, { w3: HOST });
    ipv6Header.emit(view, VIRTIO_NET_HEADER_SIZE, fields);
  }
  const header = version === 4 ? ipv4Header.LENGTH : ipv6Header.LENGTH;
  writeVirtioNetHeader(view, 0, offloadOf(task, version, number, header));
  const transport = VIRTIO_NET_HEADER_SIZE + header;
  for (const [at, octet] of Object.entries(octets)) packet[transport + Number(at)] = octet;
  return packet;
}

/** What the device says about a packet of which `task` is left to do. */
function offloadOf(task: Task, version: 4 | 6, number: number, header: number): Offload {
  const offload = new Offload();
  if (task === 'nothing') return offload;
  const checksum = { needsChecksum: true, checksumStart: header, checksumOffset: checksumOffset[number] };
  const segments = { gsoType: version === 4 ? gso.TCPV4 : gso.TCPV6, gsoSize: 20, headerLength: header + 20 };
  return Object.assign(offload, checksum, task === 'segments' ? segments : {});
}
