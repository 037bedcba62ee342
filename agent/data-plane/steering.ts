/**
 * Which queue, and so which worker, a packet is given to: that of the processor it is sent from. The worker then wakes up
 * where the sender is about to sleep, and no idle processor has to be woken for it, which on a virtual machine takes as
 * long as everything else. A program of ours chooses (eBPF, RFC 9669): the kernel would learn it from what is written to
 * the queues, and learn it late.
 */
import { addressOf, libc } from './libc.ts';
import { bpf, CROWD, CROWD_TICKS, createBoard, entry, FLOWS, TICK_BITS } from './queue-board.ts';

/** From linux/bpf.h and linux/if_tun.h. */
const BPF_PROG_LOAD = 5;
const BPF_PROG_TYPE_SOCKET_FILTER = 1;
const BPF_PSEUDO_MAP_FD = 1;
const TUN_SET_STEERING = 0x800454e0;
/** Octets of `union bpf_attr` up to what we say, and where that is. */
const ATTRIBUTES = { SIZE: 72, TYPE: 0, COUNT: 4, INSTRUCTIONS: 8, LICENSE: 16 } as const;
/** Functions of the kernel, by their numbers. */
const call = { MAP_LOOKUP: 1, TIME: 5, PROCESSOR: 8 } as const;

/** Opcodes (RFC 9669 §4, §5; the packet access instructions of its §5.5 read big-endian and end the program past the end). */
const op = {
  MOVE: 0xbf,
  SET: 0xb7,
  SET_64: 0x18,
  ADD: 0x07,
  SUBTRACT_32: 0x1c,
  REMAINDER_32: 0x94,
  AND: 0x57,
  XOR: 0xaf,
  SHIFT_LEFT: 0x67,
  SHIFT_RIGHT: 0x77,
  MULTIPLY_32: 0x24,
  SHIFT_RIGHT_32: 0x74,
  OCTET_AT: 0x30,
  HALF_AT: 0x28,
  WORD_BEHIND: 0x40,
  LOAD: 0x61,
  STORE: 0x63,
  FETCH_ADD: 0xc3,
  JUMP: 0x05,
  IF_EQUAL: 0x15,
  IF_NOT_EQUAL: 0x55,
  IF_SAME: 0x1d,
  IF_NEGATIVE_32: 0xc6,
  IF_MORE_32: 0x26,
  CALL: 0x85,
  EXIT: 0x95,
} as const;

/** Opcode, destination and source register, instructions to jump over, or octets from an address, and a number. */
type Instruction = readonly [code: number, destination: number, source: number, offset: number, immediate: number];

/** Of the ports, so that high bits depend on all of them; Linux gives programs that connect even ones (2^32 / golden ratio). */
const SCATTER = 0x9e3779b1 | 0;
const FLOW_BITS = Math.log2(FLOWS);
/** Where the key of an entry is on the stack, whose end is in r10. */
const KEY = -4;
const FETCH = 1;

/** r0 = the entry whose number is in a register; where there is none the program ends, with 0. */
const lookUp = (register: number, board: number): readonly Instruction[] => [
  [op.STORE, 10, register, KEY, 0],
  [op.SET_64, 1, BPF_PSEUDO_MAP_FD, 0, board],
  [0, 0, 0, 0, 0],
  [op.MOVE, 2, 10, 0, 0],
  [op.ADD, 2, 0, 0, KEY],
  [op.CALL, 0, 0, 0, call.MAP_LOOKUP],
  [op.IF_NOT_EQUAL, 0, 0, 1, 0],
  [op.EXIT, 0, 0, 0, 0],
];

/** r0 = the entry of the queue whose number is in a register. */
const lookUpQueue = (register: number, board: number): readonly Instruction[] => [
  [op.MOVE, 3, register, 0, 0],
  [op.ADD, 3, 0, 0, FLOWS],
  ...lookUp(3, board),
];

/** r0 = the queue of the processor that this runs on. */
const ownQueue = (queues: number): readonly Instruction[] => [
  [op.CALL, 0, 0, 0, call.PROCESSOR],
  [op.REMAINDER_32, 0, 0, 0, queues],
];

/**
 * TCP and UDP as flows, each direction by its ports, which are the same on both sides of the bump. While packets come in
 * numbers both directions go to one worker, chosen by the ports: two would only take the processors from the programs.
 * Fragments are queue 0, because only one worker can put them together. All else has no order. Reading past the end of
 * the packet ends the program, with 0.
 */
const program = (queues: number, board: number): readonly Instruction[] => [
  [op.MOVE, 6, 1, 0, 0], // r6 = the packet, where instructions that read it expect it
  [op.OCTET_AT, 0, 0, 0, 0],
  [op.MOVE, 7, 0, 0, 0],
  [op.AND, 7, 0, 0, 0x0f],
  [op.SHIFT_LEFT, 7, 0, 0, 2], // r7 = octets of the IPv4 header
  [op.SHIFT_RIGHT, 0, 0, 0, 4],
  [op.IF_EQUAL, 0, 0, 5, 6], // IPv6: over the 5 of IPv4
  [op.HALF_AT, 0, 0, 0, 6],
  [op.AND, 0, 0, 0, 0x3fff], // more fragments, and offset
  [op.IF_NOT_EQUAL, 0, 0, 5, 0], // a fragment: to its end
  [op.OCTET_AT, 0, 0, 0, 9], // protocol
  [op.JUMP, 0, 0, 5, 0], // over what is between
  [op.SET, 7, 0, 0, 40],
  [op.OCTET_AT, 0, 0, 0, 6], // next header
  [op.IF_NOT_EQUAL, 0, 0, 2, 44], // no fragment either: over the end
  [op.SET, 0, 0, 0, 0],
  [op.EXIT, 0, 0, 0, 0],
  [op.IF_EQUAL, 0, 0, 4, 6], // TCP
  [op.IF_EQUAL, 0, 0, 3, 17], // UDP: over what is neither
  ...ownQueue(queues),
  [op.EXIT, 0, 0, 0, 0],
  [op.WORD_BEHIND, 0, 7, 0, 0], // both ports
  [op.MOVE, 9, 0, 0, 0],
  [op.SHIFT_RIGHT_32, 9, 0, 0, 16],
  [op.XOR, 9, 0, 0, 0],
  [op.AND, 9, 0, 0, 0xffff],
  [op.MULTIPLY_32, 9, 0, 0, SCATTER],
  [op.SHIFT_RIGHT_32, 9, 0, 0, 16],
  [op.REMAINDER_32, 9, 0, 0, queues], // r9 = the queue of both directions
  [op.MULTIPLY_32, 0, 0, 0, SCATTER],
  [op.SHIFT_RIGHT_32, 0, 0, 0, 32 - FLOW_BITS],
  ...lookUp(0, board),
  [op.MOVE, 7, 0, 0, 0], // r7 = the flow
  ...ownQueue(queues),
  [op.MOVE, 8, 0, 0, 0], // r8 = the queue it should have
  [op.SET, 3, 0, 0, CROWD],
  ...lookUp(3, board),
  [op.MOVE, 6, 0, 0, 0],
  [op.CALL, 0, 0, 0, call.TIME],
  [op.SHIFT_RIGHT, 0, 0, 0, TICK_BITS],
  [op.LOAD, 1, 6, 0, 0],
  [op.SUBTRACT_32, 0, 1, 0, 0],
  [op.IF_MORE_32, 0, 0, 1, CROWD_TICKS],
  [op.MOVE, 8, 9, 0, 0], // because packets come in numbers
  [op.LOAD, 9, 7, entry.QUEUE, 0], // r9 = the queue it has
  [op.IF_SAME, 9, 8, 17, 0], // the same: to the end of this
  ...lookUpQueue(9, board),
  [op.LOAD, 1, 0, entry.DONE, 0],
  [op.LOAD, 2, 7, entry.LAST, 0],
  [op.SUBTRACT_32, 1, 2, 0, 0],
  [op.IF_NEGATIVE_32, 1, 0, 2, 0], // its last packet is still there: stay
  [op.STORE, 7, 8, entry.QUEUE, 0],
  [op.MOVE, 9, 8, 0, 0],
  [op.MOVE, 8, 9, 0, 0],
  ...lookUpQueue(8, board),
  [op.SET, 1, 0, 0, 1],
  [op.FETCH_ADD, 0, 1, entry.GIVEN, FETCH],
  [op.ADD, 1, 0, 0, 1],
  [op.STORE, 7, 1, entry.LAST, 0],
  [op.MOVE, 0, 8, 0, 0],
  [op.EXIT, 0, 0, 0, 0],
];

/** A program in the octets the kernel takes, eight for each instruction. */
function assemble(instructions: readonly Instruction[]): Uint8Array {
  const octets = new Uint8Array(new ArrayBuffer(8 * instructions.length));
  const view = new DataView(octets.buffer);
  for (const [index, [code, destination, source, offset, immediate]] of instructions.entries()) {
    view.setUint8(8 * index, code);
    view.setUint8(8 * index + 1, (source << 4) | destination);
    view.setInt16(8 * index + 2, offset, true);
    view.setInt32(8 * index + 4, immediate, true);
  }
  return octets;
}

/** Loads the program for so many queues. Returns its descriptor, or -1 where the kernel or the machine does not let us. */
export function loadSteering(queues: number, board: number): number {
  const octets = assemble(program(queues, board));
  const license = new TextEncoder().encode('Dual MIT/GPL\0');
  const attributes = new Uint8Array(new ArrayBuffer(ATTRIBUTES.SIZE));
  const view = new DataView(attributes.buffer);
  view.setUint32(ATTRIBUTES.TYPE, BPF_PROG_TYPE_SOCKET_FILTER, true);
  view.setUint32(ATTRIBUTES.COUNT, octets.length / 8, true);
  view.setBigUint64(ATTRIBUTES.INSTRUCTIONS, BigInt(addressOf(octets)), true);
  view.setBigUint64(ATTRIBUTES.LICENSE, BigInt(addressOf(license)), true);
  return bpf(BPF_PROG_LOAD, attributes);
}

/**
 * Has the program choose among the queues of a device, of which `queue` is one. Returns the descriptor of its board, or -1:
 * then the kernel chooses.
 */
export function steer(queue: number, queues: number): number {
  const board = createBoard();
  if (board < 0) return -1;
  const loaded = loadSteering(queues, board);
  const argument = new Uint8Array(new Int32Array([loaded]).buffer);
  const isSet = loaded >= 0 && libc.ioctl(queue, TUN_SET_STEERING, argument) >= 0;
  // The device keeps the program.
  if (loaded >= 0) libc.close(loaded);
  if (isSet) return board;
  libc.close(board);
  return -1;
}
