/** Writes a classic capture file (`format.ts`) of raw IP packets. */
import { FILE_HEADER, fileField, linkType, magic, RECORD_HEADER, recordField, SNAP_LENGTH } from './format.ts';

/** Takes all of an array; it may be written to again afterwards. */
export type Write = (octets: Uint8Array) => void;

/** Collects records and hands them on many at a time. `flush` has to be called at the end. */
export class PcapWriter {
  readonly #write: Write;
  readonly #bytes = new Uint8Array(RECORD_HEADER + SNAP_LENGTH);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = FILE_HEADER;

  /** `isNanosecond` says what fractions of seconds are counted in. */
  constructor(write: Write, isNanosecond: boolean) {
    this.#write = write;
    const view = this.#view;
    view.setUint32(fileField.MAGIC, isNanosecond ? magic.NANOSECONDS : magic.MICROSECONDS, true);
    view.setUint16(fileField.MAJOR, 2, true);
    view.setUint16(fileField.MINOR, 4, true);
    view.setUint32(fileField.SNAP_LENGTH, SNAP_LENGTH, true);
    view.setUint32(fileField.LINK_TYPE, linkType.RAW, true);
  }

  /** Adds a whole IP packet. */
  add(seconds: number, fraction: number, packet: Uint8Array): void {
    if (this.#length + RECORD_HEADER + packet.length > this.#bytes.length) this.flush();
    const at = this.#length;
    const view = this.#view;
    view.setUint32(at + recordField.SECONDS, seconds, true);
    view.setUint32(at + recordField.FRACTION, fraction, true);
    view.setUint32(at + recordField.CAPTURED, packet.length, true);
    view.setUint32(at + recordField.ORIGINAL, packet.length, true);
    this.#bytes.set(packet, at + RECORD_HEADER);
    this.#length += RECORD_HEADER + packet.length;
  }

  flush(): void {
    this.#write(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}
