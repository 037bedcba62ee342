/**
 * Reading packets ahead. When several wait and the mapping table is large, some are read before the first of them is
 * handled, so that the memory of all their mappings is waited for at once (`mapper/table-ahead.ts`). The first that comes is handled at
 * once, since it may be alone; and of a small table nothing is waited for.
 */
import { Ipv6Words } from '../../mapper/address/ipv6.ts';
import { MOST_AHEAD, type TableAhead } from '../../mapper/table-ahead.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';
import type { TunDevice } from './tun-device.ts';

/**
 * Octets of a packet that none is read behind: it takes longer than its mapping is waited for, and eight such would drive
 * each other out of the processor's cache.
 */
const LONG = 4096;

/** The packets that were read and not handled yet; used by one thread. */
export class ReadAhead {
  readonly #device: TunDevice;
  readonly #table: TableAhead;
  readonly #packets = [new PacketBuffer()];
  readonly #address = new Ipv6Words();

  constructor(device: TunDevice, table: TableAhead) {
    this.#device = device;
    this.#table = table;
  }

  /** Whether packets that wait behind another should be read together. */
  get isOfUse(): boolean {
    return this.#table.isLarge;
  }

  /** Packet number `index` of the last `read`; number 0 is always there. */
  packet(index: number): PacketBuffer {
    return this.#packets[index] as PacketBuffer;
  }

  /** Reads packets until there are none or enough of them, at most `limit`. Returns how many. */
  read(limit: number): number {
    const most = Math.min(limit, MOST_AHEAD);
    let count = 0;
    while (count < most) {
      // The one allocation, and never where the table is small.
      if (count === this.#packets.length) this.#packets.push(new PacketBuffer());
      const packet = this.packet(count);
      if (!this.#device.read(packet)) break;
      count++;
      if (packet.length > LONG) break;
    }
    if (count > 1) this.#lookAhead(count);
    return count;
  }

  /** Packets are not looked at otherwise: of one that is none, octets of an earlier one may be taken for an address. */
  #lookAhead(count: number): void {
    for (let index = 0; index < count; index++) {
      const { view, start } = this.packet(index);
      if (view.getUint8(start) >>> 4 === 6) {
        ipv6Header.source(view, start, this.#address);
        this.#table.addIpv6(this.#address);
      } else {
        this.#table.addIpv4(ipv4Header.destination(view, start));
      }
    }
    this.#table.load();
  }
}
