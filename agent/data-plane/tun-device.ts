/** The seam to the TUN device: one packet in, one packet out. Everything on it is called on the packet path. */
import type { HeaderBuffer } from '../../translator/header-buffer.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';

/** One queue of a TUN device, or something that stands for one: nothing on it throws, waits or logs. */
export interface TunDevice {
  /** Takes the next packet into `packet`, its offload state included. Returns whether there was one. */
  read(packet: PacketBuffer): boolean;
  /**
   * Sends piece number `piece`: its headers from `headers`, its payload from `payload`, `headers.offload` with it.
   * Returns whether the device took it. The octets in front of the headers (`HEADROOM`) are overwritten.
   */
  write(headers: HeaderBuffer, piece: number, payload: PacketBuffer): boolean;
  /** Sends what was taken and is held back; to be called before nothing is read for a while. */
  flush(): void;
}
