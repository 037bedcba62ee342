/** The steering program in the kernel that is to run it: what it answers for packets (needs root). */
import test from 'ava';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { addressOf, failure, libc } from './libc.ts';
import { loadSteering } from './steering.ts';

/** From linux/bpf.h: runs a program once, with a packet behind an Ethernet header. */
const BPF_PROG_TEST_RUN = 10;
const ATTRIBUTES = { SIZE: 72, PROGRAM: 0, RESULT: 4, DATA_SIZE: 8, DATA: 16 } as const;
const ETHERNET = 14;
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const;

const program = loadSteering();

/** What the program answers for a packet, `octets` of it if not all. */
function answer(line: string, octets?: number): number {
  const packet = new PacketBuffer();
  parseIntoPacketBuffer(line, packet);
  const data = new Uint8Array(new ArrayBuffer(ETHERNET + (octets ?? packet.length)));
  data.set(packet.bytes.subarray(packet.start, packet.start + data.length - ETHERNET), ETHERNET);
  new DataView(data.buffer).setUint16(12, line.startsWith('IPv4') ? ETHERTYPE[4] : ETHERTYPE[6]);
  const attributes = new Uint8Array(new ArrayBuffer(ATTRIBUTES.SIZE));
  const view = new DataView(attributes.buffer);
  view.setInt32(ATTRIBUTES.PROGRAM, program, true);
  view.setUint32(ATTRIBUTES.DATA_SIZE, data.length, true);
  view.setBigUint64(ATTRIBUTES.DATA, BigInt(addressOf(data)), true);
  const number = process.arch === 'arm64' ? 280 : 321;
  if (libc.syscall(number, BPF_PROG_TEST_RUN, attributes, attributes.length) < 0) throw failure('run the program');
  return view.getUint32(ATTRIBUTES.RESULT, true);
}

const flow = (port: number): string[] => [
  `IPv4 172.21.112.1 > 10.170.160.9 | TCP ${port} > 80 ACK | "hello"`,
  `IPv4 10.170.160.9 > 172.21.112.1 | TCP 80 > ${port} ACK | "hello"`,
  `IPv6 fd00::ac15:7001 > 2001:db8::9 | TCP ${port} > 80 ACK | "hello"`,
  `IPv6 2001:db8::9 > fd00::ac15:7001 | TCP 80 > ${port} ACK | "hello"`,
];

test.serial('a flow has one queue, on both sides of the bump and in both directions', (t) => {
  t.true(program >= 0, 'the kernel takes the program');
  for (const port of [40_000, 40_002, 51_234, 1]) t.is(new Set(flow(port).map((line) => answer(line))).size, 1);
  for (const line of flow(40_000)) t.is(answer(line), answer(line.replace('TCP', 'UDP').replace(' ACK', '')));
});

test.serial('flows are spread over any number of queues, though programs that connect have even ports', (t) => {
  for (const queues of [2, 3, 4, 8]) {
    const counts = Array.from({ length: queues }, () => 0);
    for (let port = 32_768; port < 60_000; port += 28) {
      const queue = answer(flow(port)[0] ?? '') % queues;
      counts[queue] = (counts[queue] ?? 0) + 1;
    }
    const fair = counts.reduce((sum, count) => sum + count, 0) / queues;
    for (const count of counts) t.true(count > fair / 2 && count < fair * 2, `${counts} of ${queues}`);
  }
});

test.serial('fragments, ICMP, what has extension headers, and what ends too soon have queue 0', (t) => {
  for (const line of [
    'IPv4 172.21.112.1 > 10.170.160.9 mf | UDP 40000 > 80 length=99 | [24]',
    'IPv4 172.21.112.1 > 10.170.160.9 offset=64 | protocol 17 | [64]',
    'IPv6 2001:db8::9 > fd00::ac15:7001 | fragment id=1 offset=64 mf | protocol 17 | [64]',
    'IPv4 172.21.112.1 > 10.170.160.9 | ICMPv4 echo id=7 seq=1 | [56]',
    'IPv6 2001:db8::9 > fd00::ac15:7001 | ICMPv6 echo-reply id=7 seq=1 | [56]',
  ]) {
    t.is(answer(line), 0, line);
  }
  t.is(answer(flow(40_000)[0] ?? '', 22), 0);
  t.is(answer(flow(40_000)[2] ?? '', 40), 0);
});
