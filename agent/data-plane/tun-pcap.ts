/**
 * A TUN device that writes down what passes through another one, as a pcap file with nanoseconds (libpcap's format,
 * pcap-savefile(5)). For debugging: it writes synchronously. Offloaded packets are written as they are, large and with
 * partial checksums (tcpdump says "incorrect").
 */
import { closeSync, openSync, writevSync } from 'node:fs';
import type { HeaderBuffer } from '../../translator/header-buffer.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import type { TunDevice } from './tun-device.ts';

/** pcap-savefile(5): the magic number says "this byte order, nanoseconds". */
const file = { MAGIC: 0xa1b23c4d, MAJOR: 2, MINOR: 4, HEADER: 24, RECORD_HEADER: 16 } as const;
/** `LINKTYPE_RAW`: the packet begins with its IP header, the version says which. */
const LINK_TYPE = 101;
/** tcpdump's own, over the longest packet. */
const SNAPSHOT_LENGTH = 262_144;

/** Milliseconds since 1970, with what the clock has behind the point. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

export class PcapTun implements TunDevice {
  readonly #device: TunDevice;
  readonly #now: () => number;
  readonly #record = new DataView(new ArrayBuffer(file.RECORD_HEADER));
  /** Closed when -1. */
  #fd: number;
  #failure: Error | undefined;

  /**
   * Records into the file `path`, which is made or begun anew, readable by its owner only. `now` is in milliseconds since
   * 1970. Throws when the file cannot be made.
   */
  constructor(device: TunDevice, path: string, now: () => number = wallClock) {
    this.#device = device;
    this.#now = now;
    this.#fd = openSync(path, 'w', 0o600);
    this.#append([fileHeader()]);
  }

  /** Why recording ended before `close`; packets go on passing. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  read(packet: PacketBuffer): boolean {
    if (!this.#device.read(packet)) return false;
    this.#note(packet.bytes.subarray(packet.start, packet.start + packet.length));
    return true;
  }

  /** What the device does not take is not recorded. */
  write(headers: HeaderBuffer, piece: number, payload: PacketBuffer): boolean {
    if (!this.#device.write(headers, piece, payload)) return false;
    this.#note(headers.join(payload, piece));
    return true;
  }

  flush(): void {
    this.#device.flush();
  }

  /** Ends recording; packets go on passing. */
  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #note(octets: Uint8Array): void {
    if (this.#fd < 0) return;
    const now = this.#now();
    const seconds = Math.floor(now / 1000);
    this.#record.setUint32(0, seconds, true);
    this.#record.setUint32(4, Math.floor((now - seconds * 1000) * 1e6), true);
    this.#record.setUint32(8, octets.length, true);
    this.#record.setUint32(12, octets.length, true);
    this.#append([new Uint8Array(this.#record.buffer), octets]);
  }

  /** A full disk ends the recording, not the packets. */
  #append(parts: readonly Uint8Array[]): void {
    try {
      writevSync(this.#fd, parts);
    } catch (error) {
      this.#failure = new Error('Cannot record packets', { cause: error });
      this.close();
    }
  }
}

/** The 24 octets in front of all records. */
function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(file.HEADER));
  view.setUint32(0, file.MAGIC, true);
  view.setUint16(4, file.MAJOR, true);
  view.setUint16(6, file.MINOR, true);
  view.setUint32(16, SNAPSHOT_LENGTH, true);
  view.setUint32(20, LINK_TYPE, true);
  return new Uint8Array(view.buffer);
}
