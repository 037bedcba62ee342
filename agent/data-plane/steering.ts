/**
 * Which queue a packet is put into. Left alone, the kernel learns it from what is written to the queues, and learns it
 * late: an echo request and its reply wake two workers, in turns (98 µs for a round trip instead of 70). So a program of
 * ours chooses (eBPF, RFC 9669): both directions of a flow, IPv4 and IPv6, go to the same worker.
 */
import { addressOf, libc } from './libc.ts';

/** From asm/unistd.h, linux/bpf.h and linux/if_tun.h. */
const BPF_SYSCALL: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const BPF_PROG_LOAD = 5;
const BPF_PROG_TYPE_SOCKET_FILTER = 1;
const TUN_SET_STEERING = 0x800454e0;
/** Octets of `union bpf_attr` up to what we say, and where that is. */
const ATTRIBUTES = { SIZE: 72, TYPE: 0, COUNT: 4, INSTRUCTIONS: 8, LICENSE: 16 } as const;

/** Opcodes (RFC 9669 §4, §5; the packet access instructions of its §5.5 read big-endian and end the program past the end). */
const op = {
  MOVE: 0xbf,
  SET: 0xb7,
  AND: 0x57,
  SHIFT_LEFT: 0x67,
  SHIFT_RIGHT: 0x77,
  XOR: 0xaf,
  MULTIPLY_32: 0x24,
  SHIFT_RIGHT_32: 0x74,
  OCTET_AT: 0x30,
  HALF_AT: 0x28,
  HALF_BEHIND: 0x48,
  JUMP: 0x05,
  IF_EQUAL: 0x15,
  IF_NOT_EQUAL: 0x55,
  EXIT: 0x95,
} as const;

/** Opcode, destination and source register, instructions to jump over, and a number. */
type Instruction = readonly [code: number, destination: number, source: number, offset: number, immediate: number];

/** Of the ports, so that low bits depend on all of them: Linux gives programs that connect even ones (2^32 / golden ratio). */
const SCATTER = 0x9e3779b1 | 0;

/**
 * TCP and UDP by their ports, which are the same on both sides of the bump and in both directions but for their order.
 * All else is queue 0: fragments, which only one worker can put together, and ICMP. The kernel takes the remainder by the
 * number of queues. Reading past the end of the packet ends the program, with 0.
 */
const instructions: readonly Instruction[] = [
  [op.MOVE, 6, 1, 0, 0], // r6 = the packet, where instructions that read it expect it
  [op.OCTET_AT, 0, 0, 0, 0],
  [op.MOVE, 7, 0, 0, 0],
  [op.AND, 7, 0, 0, 0x0f],
  [op.SHIFT_LEFT, 7, 0, 0, 2], // r7 = octets of the IPv4 header
  [op.SHIFT_RIGHT, 0, 0, 0, 4],
  [op.IF_EQUAL, 0, 0, 5, 6], // IPv6: over the 5 of IPv4
  [op.HALF_AT, 0, 0, 0, 6],
  [op.AND, 0, 0, 0, 0x3fff], // more fragments, and offset
  [op.IF_NOT_EQUAL, 0, 0, 13, 0], // a fragment: to the end
  [op.OCTET_AT, 0, 0, 0, 9], // protocol
  [op.JUMP, 0, 0, 2, 0], // over the 2 of IPv6
  [op.SET, 7, 0, 0, 40],
  [op.OCTET_AT, 0, 0, 0, 6], // next header
  [op.IF_EQUAL, 0, 0, 1, 6], // TCP
  [op.IF_NOT_EQUAL, 0, 0, 7, 17], // nor UDP: to the end
  [op.HALF_BEHIND, 0, 7, 0, 0], // source port
  [op.MOVE, 8, 0, 0, 0],
  [op.HALF_BEHIND, 0, 7, 0, 2], // destination port
  [op.XOR, 0, 8, 0, 0],
  [op.MULTIPLY_32, 0, 0, 0, SCATTER],
  [op.SHIFT_RIGHT_32, 0, 0, 0, 16],
  [op.EXIT, 0, 0, 0, 0],
  [op.SET, 0, 0, 0, 0],
  [op.EXIT, 0, 0, 0, 0],
];

/** The program in the octets the kernel takes, eight for each instruction. */
function assemble(program: readonly Instruction[]): Uint8Array {
  const octets = new Uint8Array(new ArrayBuffer(8 * program.length));
  const view = new DataView(octets.buffer);
  for (const [index, [code, destination, source, offset, immediate]] of program.entries()) {
    view.setUint8(8 * index, code);
    view.setUint8(8 * index + 1, (source << 4) | destination);
    view.setInt16(8 * index + 2, offset, true);
    view.setInt32(8 * index + 4, immediate, true);
  }
  return octets;
}

/** Loads the program. Returns its descriptor, or -1 where the kernel or the machine does not let us. */
export function loadSteering(): number {
  const number = BPF_SYSCALL[process.arch];
  if (number === undefined) return -1;
  const program = assemble(instructions);
  const license = new TextEncoder().encode('Dual MIT/GPL\0');
  const attributes = new Uint8Array(new ArrayBuffer(ATTRIBUTES.SIZE));
  const view = new DataView(attributes.buffer);
  view.setUint32(ATTRIBUTES.TYPE, BPF_PROG_TYPE_SOCKET_FILTER, true);
  view.setUint32(ATTRIBUTES.COUNT, instructions.length, true);
  view.setBigUint64(ATTRIBUTES.INSTRUCTIONS, BigInt(addressOf(program)), true);
  view.setBigUint64(ATTRIBUTES.LICENSE, BigInt(addressOf(license)), true);
  return libc.syscall(number, BPF_PROG_LOAD, attributes, attributes.length);
}

/** Has the program choose among the queues of the device of `queue`. Returns whether it does; the kernel does if not. */
export function steer(queue: number): boolean {
  const program = loadSteering();
  if (program < 0) return false;
  const argument = new Uint8Array(new Int32Array([program]).buffer);
  const isSet = libc.ioctl(queue, TUN_SET_STEERING, argument) >= 0;
  // The device keeps the program.
  libc.close(program);
  return isSet;
}
