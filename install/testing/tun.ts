/** A TUN device that does nothing by itself: what the host routes to it is read, what is written comes in. For tests only. */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';

const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;

/** `struct ifreq`: a name in 16 octets, then flags. */
const IFREQ_SIZE = 40;
const FLAGS_OFFSET = 16;

const ioctl = koffi.load('libc.so.6').func('int ioctl(int descriptor, unsigned long request, void *argument)');

export class Tun {
  readonly #descriptor: number;

  /** Makes a device called `name` in the namespace the thread is in. Throws when the kernel refuses. */
  constructor(name: string) {
    this.#descriptor = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
    const request = Buffer.alloc(IFREQ_SIZE);
    request.write(name, 'latin1');
    request.writeUInt16LE(IFF_TUN | IFF_NO_PI, FLAGS_OFFSET);
    if (ioctl(this.#descriptor, TUNSETIFF, request) !== 0) throw new Error(`Cannot make the device ${name}`);
  }

  /** Lets an IP packet come in through the device. */
  write(packet: Uint8Array): void {
    writeSync(this.#descriptor, packet);
  }

  /** The packets the host has sent to the device since it was last asked. */
  read(): Buffer[] {
    const packets: Buffer[] = [];
    for (;;) {
      const buffer = Buffer.alloc(2048);
      try {
        packets.push(buffer.subarray(0, readSync(this.#descriptor, buffer)));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return packets;
        throw error;
      }
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
