/**
 * Reads a classic capture file (`format.ts`) record by record, of either order of octets and either resolution, without
 * holding more than one record. Every length is checked before it is believed.
 */
import {
  CaptureError,
  FILE_HEADER,
  fileField,
  magic,
  PCAPNG_MAGIC,
  RECORD_HEADER,
  recordField,
  SNAP_LENGTH,
} from './format.ts';

/** Fills an array from its start with the next octets of a file; returns how many, 0 at its end. */
export type Read = (into: Uint8Array) => number;

export class PcapReader {
  readonly linkType: number;
  readonly isNanosecond: boolean;
  /** The record at hand: when, and where its packet is in `bytes`. `fraction` is in micro- or nanoseconds. */
  seconds = 0;
  fraction = 0;
  start = 0;
  length = 0;
  /** How many records there were. */
  count = 0;
  readonly bytes = new Uint8Array(RECORD_HEADER + SNAP_LENGTH);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #read: Read;
  readonly #isLittleEndian: boolean;
  /** What was read and not yet taken lies from `#from` to `#to`. */
  #from = 0;
  #to = 0;

  /** Reads the file's header. Throws a `CaptureError` if it is not one of a classic capture. */
  constructor(read: Read) {
    this.#read = read;
    if (!this.#has(FILE_HEADER)) throw new CaptureError('it is too short to be a capture');
    const view = this.#view;
    const isKnown = (word: number): boolean => word === magic.MICROSECONDS || word === magic.NANOSECONDS;
    if (view.getUint32(0) === PCAPNG_MAGIC) {
      throw new CaptureError('it is a pcapng file; `editcap -F pcap IN OUT` makes a classic one of it');
    }
    this.#isLittleEndian = isKnown(view.getUint32(fileField.MAGIC, true));
    const word = this.#word(fileField.MAGIC);
    if (!isKnown(word)) throw new CaptureError('it is no capture: it does not begin like one');
    const major = view.getUint16(fileField.MAJOR, this.#isLittleEndian);
    if (major !== 2) throw new CaptureError(`it has version ${major} of the format, not 2`);
    this.isNanosecond = word === magic.NANOSECONDS;
    // The upper half says whether frames end with their checksum.
    this.linkType = this.#word(fileField.LINK_TYPE) & 0xffff;
    this.#from += FILE_HEADER;
  }

  /** Goes to the next record. Returns whether there is one; throws a `CaptureError` where the file is damaged. */
  next(): boolean {
    if (!this.#has(RECORD_HEADER)) {
      if (this.#to === this.#from) return false;
      throw new CaptureError(`it ends in the header of record ${this.count + 1}`);
    }
    const at = this.#from;
    const captured = this.#word(at + recordField.CAPTURED);
    if (captured > SNAP_LENGTH) {
      throw new CaptureError(`record ${this.count + 1} claims ${captured} octets; the file is damaged`);
    }
    this.seconds = this.#word(at + recordField.SECONDS);
    this.fraction = this.#word(at + recordField.FRACTION);
    if (!this.#has(RECORD_HEADER + captured)) throw new CaptureError(`it ends in record ${this.count + 1}`);
    this.start = this.#from + RECORD_HEADER;
    this.length = captured;
    this.#from += RECORD_HEADER + captured;
    this.count++;
    return true;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, this.#isLittleEndian);
  }

  /** Whether so many octets are there, after reading what is missing. */
  #has(octets: number): boolean {
    if (this.#to - this.#from >= octets) return true;
    this.bytes.copyWithin(0, this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
    while (this.#to < octets) {
      const read = this.#read(this.bytes.subarray(this.#to));
      if (read === 0) return false;
      this.#to += read;
    }
    return true;
  }
}
