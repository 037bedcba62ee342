/**
 * A TUN device that joins datagrams on their way into another one. It never waits for more of them: what is there already
 * when a datagram has been translated may go with it, and the first of all goes at once, because most are alone.
 */
import type { HeaderBuffer } from '../../translator/header-buffer.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { base, direction, extra } from './counters.ts';
import { JoinedDatagrams } from './joined-datagrams.ts';
import type { TunDevice } from './tun-device.ts';

export class JoiningTun implements TunDevice {
  readonly #device: TunDevice;
  readonly #counters: Float64Array;
  readonly #joined = new JoinedDatagrams();
  /** Whether a packet was written since the last `flush`. */
  #isBusy = false;

  /** Counts in `counters` what `device` does not take later, when `write` has said that it did. */
  constructor(device: TunDevice, counters: Float64Array) {
    this.#device = device;
    this.#counters = counters;
  }

  read(packet: PacketBuffer): boolean {
    return this.#device.read(packet);
  }

  write(headers: HeaderBuffer, piece: number, payload: PacketBuffer): boolean {
    const joined = this.#joined;
    if (joined.count > 0) {
      if (joined.add(headers, payload)) return true;
      this.#send();
    }
    if (this.#isBusy && joined.begin(headers, payload)) return true;
    this.#isBusy = true;
    return this.#device.write(headers, piece, payload);
  }

  flush(): void {
    if (this.#joined.count > 0) this.#send();
    this.#isBusy = false;
    this.#device.flush();
  }

  #send(): void {
    const joined = this.#joined;
    const { headers, payload, count } = joined;
    joined.finish();
    joined.count = 0;
    if (this.#device.write(headers, 0, payload)) return;
    const isIpv6 = headers.view.getUint8(headers.headerStart[0] as number) >>> 4 === 6;
    const slots = base(isIpv6 ? direction.FOUR_TO_SIX : direction.SIX_TO_FOUR);
    (this.#counters[slots + extra.DEVICE_REFUSED] as number) += count;
  }
}
