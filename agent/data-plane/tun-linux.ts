/**
 * The Linux TUN device (kernel documentation, networking/tuntap): opened non-persistent, so that it goes with the
 * process, and with as much offload as the kernel agrees to, so that one read may bring 64 KiB of TCP.
 */
import { HEADROOM, type HeaderBuffer } from '../../translator/header-buffer.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { addressOf, failure, flag, libc } from './libc.ts';
import { steer } from './steering.ts';
import type { TunDevice } from './tun-device.ts';
import { readVirtioNetHeader, VIRTIO_NET_HEADER_SIZE, writeVirtioNetHeader } from './virtio-net-header.ts';

/** From linux/if_tun.h. */
const request = { SET_IFF: 0x400454ca, SET_OFFLOAD: 0x400454d0, SET_VNET_HEADER_SIZE: 0x400454d8 } as const;
const iff = { TUN: 0x0001, NO_PI: 0x1000, VNET_HDR: 0x4000, MULTI_QUEUE: 0x0100, TUN_EXCL: 0x8000 } as const;
const offload = { checksum: 0x01, tso4: 0x02, tso6: 0x04, 'tso-ecn': 0x08, uso4: 0x20, uso6: 0x40 } as const;

/** `struct ifreq`: 16 octets of name, then the flags; padded to the size the kernel copies. */
const IFREQ = { SIZE: 40, NAME: 16 } as const;

/** Sets of offloads to ask for, best first: USO came with Linux 6.2, and a kernel that refuses one refuses the set. */
const wishes: readonly (readonly (keyof typeof offload)[])[] = [
  ['checksum', 'tso4', 'tso6', 'tso-ecn', 'uso4', 'uso6'],
  ['checksum', 'tso4', 'tso6', 'tso-ecn'],
  ['checksum', 'tso4', 'tso6'],
  ['checksum'],
  [],
];

/** The calls that open a device, unless a test stands in for the kernel. */
export const tunCalls = {
  open: libc.open,
  close: libc.close,
  ioctl: libc.ioctl,
  ioctlNumber: libc.ioctlNumber,
  steer,
} as const;
export type TunCalls = typeof tunCalls;

/** An open TUN device: descriptors that other threads may use, and what the kernel agreed to. */
export interface OpenTun {
  readonly name: string;
  /** One descriptor for each queue. The device vanishes when the last is closed. */
  readonly queues: readonly number[];
  readonly offloads: readonly string[];
  /** The descriptor of the board of who chooses among the queues (`queue-board.ts`), or -1: the kernel chooses. */
  readonly board: number;
}

/**
 * Opens a TUN device with `queues` queues; needs CAP_NET_ADMIN. `name` is one the caller has checked (at most 15
 * octets). Throws `Cannot open …` or `Cannot create bis0: EBUSY`, leaving nothing open.
 */
export function openTun(name: string, queues: number, calls: TunCalls = tunCalls): OpenTun {
  const opened: number[] = [];
  try {
    let offloads: readonly string[] = [];
    for (let queue = 0; queue < queues; queue++) {
      const fd = calls.open('/dev/net/tun', flag.RDWR | flag.NONBLOCK | flag.CLOEXEC);
      if (fd < 0) throw failure('open /dev/net/tun');
      opened.push(fd);
      // The first queue makes the device, and fails where there is one: it would be somebody else's.
      const flags = (queues > 1 ? iff.MULTI_QUEUE : 0) | (queue === 0 ? iff.TUN_EXCL : 0);
      offloads = configureQueue(fd, name, flags, calls);
    }
    // Where it cannot be, the kernel chooses well enough.
    const board = queues > 1 ? calls.steer(opened[0] as number, queues) : -1;
    return { name, queues: opened, offloads, board };
  } catch (error) {
    for (const fd of opened) calls.close(fd);
    throw error;
  }
}

/** Closes every queue, and so removes the device with its addresses and routes. */
export function closeTun(tun: OpenTun): void {
  for (const fd of tun.queues) libc.close(fd);
  if (tun.board >= 0) libc.close(tun.board);
}

/** Makes `fd` a queue of the device, with `flags` besides the usual ones. Returns the offloads the kernel agreed to. */
function configureQueue(fd: number, name: string, flags: number, calls: TunCalls): readonly string[] {
  const ifreq = new Uint8Array(IFREQ.SIZE);
  ifreq.set(new TextEncoder().encode(name).subarray(0, IFREQ.NAME - 1));
  new DataView(ifreq.buffer).setUint16(IFREQ.NAME, iff.TUN | iff.NO_PI | iff.VNET_HDR | flags, true);
  if (calls.ioctl(fd, request.SET_IFF, ifreq) < 0) throw failure(`create ${name}`);
  const size = new Uint8Array(4);
  new DataView(size.buffer).setInt32(0, VIRTIO_NET_HEADER_SIZE, true);
  if (calls.ioctl(fd, request.SET_VNET_HEADER_SIZE, size) < 0) throw failure(`set the header size of ${name}`);
  const granted = wishes.find((names) => {
    const bits = names.reduce((sum, word) => sum | offload[word], 0);
    return calls.ioctlNumber(fd, request.SET_OFFLOAD, bits) >= 0;
  });
  if (granted === undefined) throw failure(`set the offloads of ${name}`);
  return granted;
}

/** One queue of an open TUN device, used by one thread. */
export class LinuxTunQueue implements TunDevice {
  readonly #fd: number;
  /** Two `struct iovec`: pointer and length, each 64 bits, here in halves. */
  readonly #vectors = new Uint8Array(new ArrayBuffer(128));
  readonly #words = new Uint32Array(this.#vectors.buffer);

  constructor(fd: number) {
    this.#fd = fd;
  }

  read(packet: PacketBuffer): boolean {
    const octets = libc.read(this.#fd, packet.bytes, packet.bytes.length);
    if (octets <= VIRTIO_NET_HEADER_SIZE) return false;
    packet.start = VIRTIO_NET_HEADER_SIZE;
    packet.length = octets - VIRTIO_NET_HEADER_SIZE;
    readVirtioNetHeader(packet.view, 0, packet.offload);
    return true;
  }

  write(headers: HeaderBuffer, piece: number, payload: PacketBuffer): boolean {
    if (headers.address === 0) headers.address = addressOf(headers.bytes);
    if (payload.address === 0) payload.address = addressOf(payload.bytes);
    const start = (headers.headerStart[piece] as number) - VIRTIO_NET_HEADER_SIZE;
    writeVirtioNetHeader(headers.view, start, headers.offload);
    this.#vector(0, headers.address + start, (headers.headerLength[piece] as number) + VIRTIO_NET_HEADER_SIZE);
    const payloadLength = headers.payloadLength[piece] as number;
    if (payloadLength > 0) this.#vector(4, payload.address + (headers.payloadStart[piece] as number), payloadLength);
    return libc.writev(this.#fd, this.#vectors, payloadLength > 0 ? 2 : 1) > 0;
  }

  /** Nothing is held back. */
  flush(): void {}

  /** Writes one `iovec` by halves: `>>> 0` keeps the low 32 bits of the sum, exact as long as it is below 2^53. */
  #vector(word: number, address: number, length: number): void {
    this.#words[word] = address >>> 0;
    this.#words[word + 1] = address / 0x1_0000_0000;
    this.#words[word + 2] = length;
    this.#words[word + 3] = 0;
  }
}

if (HEADROOM < VIRTIO_NET_HEADER_SIZE) throw new Error('the header buffer leaves no room for the device header');
