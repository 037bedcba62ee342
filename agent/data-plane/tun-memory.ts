/** A TUN device in memory, for tests: packets are put in by hand, and what was written is kept, joined. */
import type { HeaderBuffer } from '../../translator/header-buffer.ts';
import { Offload, type PacketBuffer } from '../../translator/packet-buffer.ts';
import type { TunDevice } from './tun-device.ts';
import { VIRTIO_NET_HEADER_SIZE } from './virtio-net-header.ts';

/** A whole packet with its offload state. */
export interface WholePacket {
  readonly octets: Uint8Array;
  readonly offload: Offload;
}

export class MemoryTun implements TunDevice {
  /** What was written and not yet taken out, oldest first. */
  readonly written: WholePacket[] = [];
  /** Set to make the device refuse what is written to it, as a kernel does with a packet it does not like. */
  isFull = false;
  readonly #waiting: WholePacket[] = [];

  /** Puts a packet where `read` finds it. */
  put(octets: Uint8Array, offload = new Offload()): void {
    this.#waiting.push({ octets, offload });
  }

  read(packet: PacketBuffer): boolean {
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    // Where the Linux device has the packet, so that a wrong offset shows here too.
    packet.start = VIRTIO_NET_HEADER_SIZE;
    packet.length = next.octets.length;
    packet.bytes.set(next.octets, packet.start);
    Object.assign(packet.offload, next.offload);
    return true;
  }

  write(headers: HeaderBuffer, piece: number, payload: PacketBuffer): boolean {
    if (this.isFull) return false;
    const offload = Object.assign(new Offload(), headers.offload);
    this.written.push({ octets: headers.join(payload, piece), offload });
    return true;
  }

  flush(): void {}
}
