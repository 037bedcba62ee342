/** The steering program in the kernel that is to run it: what it answers for packets (needs root). */
import test from 'ava';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { addressOf, failure, libc } from './libc.ts';
import { ownProcessors } from './post.ts';
import { bpf, createBoard, QueueBoard } from './queue-board.ts';
import { loadSteering } from './steering.ts';

/** From linux/bpf.h: runs a program once, with a packet behind an Ethernet header. */
const BPF_PROG_TEST_RUN = 10;
const ATTRIBUTES = { SIZE: 72, PROGRAM: 0, RESULT: 4, DATA_SIZE: 8, DATA: 16 } as const;
const ETHERNET = 14;
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const;
const QUEUES = 2;

const all = new Uint8Array(new ArrayBuffer(128));
libc.sched_getaffinity(0, all.length, all);
test.afterEach.always(() => void libc.sched_setaffinity(0, all.length, all));

/** A program with a board of its own, and the sides of both workers. */
function steering() {
  const board = createBoard();
  const program = loadSteering(QUEUES, board);
  if (program < 0) throw failure('load the program');
  return { program, workers: Array.from({ length: QUEUES }, (_, queue) => new QueueBoard(board, queue)) };
}

/** Goes to a processor of a queue. */
function sendFrom(queue: number): void {
  const own = ownProcessors(queue, QUEUES);
  if (libc.sched_setaffinity(0, own.length, own) < 0) throw failure('go to another processor');
}

/** What a program answers for a packet, `octets` of it if not all. */
function answer(program: number, line: string, octets?: number): number {
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
  if (bpf(BPF_PROG_TEST_RUN, attributes) < 0) throw failure('run the program');
  return view.getUint32(ATTRIBUTES.RESULT, true);
}

const from = (port: number): string[] => [
  `IPv4 172.21.112.1 > 10.170.160.9 | TCP ${port} > 80 ACK | "hello"`,
  `IPv4 172.21.112.1 > 10.170.160.9 options=01010101 | UDP ${port} > 53 | "hello"`,
  `IPv6 2001:db8::9 > fd00::ac15:7001 | TCP 80 > ${port} ACK | "hello"`,
  `IPv6 2001:db8::9 > fd00::ac15:7001 | UDP 53 > ${port} | "hello"`,
  'IPv4 172.21.112.1 > 10.170.160.9 | ICMPv4 echo id=7 seq=1 | [56]',
  'IPv6 2001:db8::9 > fd00::ac15:7001 | ICMPv6 echo-reply id=7 seq=1 | [56]',
];

test.serial('a packet has the queue of the processor it is sent from', (t) => {
  for (const queue of [1, 0]) {
    const { program } = steering();
    sendFrom(queue);
    for (const line of from(40_000 + queue)) t.is(answer(program, line), queue, line);
  }
});

test.serial('a flow has a new queue only when its packets have left the old one', (t) => {
  const { program, workers } = steering();
  const [first, other] = from(40_000) as [string, string];
  const [old] = workers as [QueueBoard];
  sendFrom(0);
  t.is(answer(program, first), 0);
  t.is(answer(program, first), 0);
  t.is(old.given, 2);
  t.is(old.waiting(old.given), 2);
  sendFrom(1);
  t.is(answer(program, first), 0, 'the second is still there');
  old.done(2);
  t.is(old.waiting(old.given), 0);
  t.is(answer(program, first), 0, 'and now the third is');
  t.is(answer(program, other), 1, 'which is not the business of others');
  t.is(old.given, 4);
  old.done(4);
  t.is(answer(program, first), 1);
  t.is(workers[1]?.given, 2);
  sendFrom(0);
  t.is(answer(program, first), 1);
});

test.serial('while packets come in numbers both directions of a flow have one queue, and flows are spread', (t) => {
  const { program, workers } = steering();
  /** The answer while it counts: it is asked again when this thread had to wait in between. */
  const answerInCrowd = (line: string): number => {
    for (;;) {
      const now = performance.now();
      workers[0]?.crowd(now);
      const queue = answer(program, line);
      for (const worker of workers) worker.done(worker.given);
      if (performance.now() - now < 3) return queue;
    }
  };
  const counts = [0, 0];
  for (let port = 32_768; port < 60_000; port += 280) {
    const [out = '', , back = ''] = from(port);
    const queues = [0, 1].flatMap((processor) => {
      sendFrom(processor);
      return [out, back].map(answerInCrowd);
    });
    t.is(new Set(queues).size, 1, `${port}: ${queues}`);
    const [queue = 0] = queues;
    counts[queue] = (counts[queue] ?? 0) + 1;
  }
  for (const count of counts) t.true(count > 25, `${counts}`);
});

test.serial('fragments, and what ends too soon, have queue 0', (t) => {
  const { program } = steering();
  sendFrom(1);
  for (const line of [
    'IPv4 172.21.112.1 > 10.170.160.9 mf | UDP 40000 > 80 length=99 | [24]',
    'IPv4 172.21.112.1 > 10.170.160.9 offset=64 | protocol 17 | [64]',
    'IPv6 2001:db8::9 > fd00::ac15:7001 | fragment id=1 offset=64 mf | protocol 17 | [64]',
  ]) {
    t.is(answer(program, line), 0, line);
  }
  t.is(answer(program, from(40_000)[0] ?? '', 22), 0);
  t.is(answer(program, from(40_000)[2] ?? '', 40), 0);
});
