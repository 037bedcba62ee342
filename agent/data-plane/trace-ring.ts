/**
 * A ring of shared memory in which a packet worker leaves copies of what it handles while somebody watches, and nothing
 * otherwise: one writer, one reader, and what does not fit is counted and lost. The system gives its pages when they are
 * first written to, so a ring that was never used takes no memory.
 */
import type { HeaderBuffer } from '../../translator/header-buffer.ts';
import { Offload, type PacketBuffer } from '../../translator/packet-buffer.ts';
import { type Verdict, verdict } from '../../translator/verdict.ts';

/** Words of the control block. Positions count units, and wrap at 2^32. */
const word = { ON: 0, WRITTEN: 1, READ: 2, LOST: 3 } as const;
const CONTROL = 64;
/** A record is a multiple of this, in octets; and how many of them there are. */
const UNIT = 64;
const UNITS = 65_536;

/** Fields of a record, in octets. After them, each piece as its length and its octets, the packet itself the first. */
const field = { UNITS: 0, PIECES: 4, WAY: 8, VERDICT: 10, TIME: 16, OFFLOAD_IN: 24, OFFLOAD_OUT: 40 } as const;
const HEADER = 56;
/** Of an offload. */
const part = { FLAGS: 0, GSO_TYPE: 2, HEADERS: 4, GSO_SIZE: 6, START: 8, OFFSET: 10 } as const;
/** In the place of the number of pieces: nothing here, go on at the beginning. */
const SKIP = 0;

/** Memory for the ring of one worker. */
export function createTraceRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL + UNIT * UNITS);
}

/** The views both ends have. */
class TraceEnd {
  protected readonly control: Int32Array;
  protected readonly view: DataView;
  protected readonly bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL / 4);
    this.view = new DataView(memory, CONTROL);
    this.bytes = new Uint8Array(memory, CONTROL);
  }
}

/** The worker's end. */
export class TraceWriter extends TraceEnd {
  /** Whether somebody watches: all that a packet costs when nobody does. */
  isOn(): boolean {
    return Atomics.load(this.control, word.ON) !== 0;
  }

  /** Leaves a copy of a packet and of what became of it; `now` is milliseconds since 1970. */
  note(way: number, outcome: Verdict, packet: PacketBuffer, out: HeaderBuffer, now: number): void {
    const count = outcome === verdict.translated ? out.count : 0;
    let length = HEADER + 4 + packet.length;
    for (let piece = 0; piece < count; piece++) {
      length += 4 + (out.headerLength[piece] as number) + (out.payloadLength[piece] as number);
    }
    const start = this.#take(Math.ceil(length / UNIT));
    if (start < 0) return;
    const view = this.view;
    view.setUint32(start + field.UNITS, Math.ceil(length / UNIT), true);
    view.setUint32(start + field.PIECES, count + 1, true);
    view.setUint8(start + field.WAY, way);
    view.setUint8(start + field.VERDICT, outcome);
    view.setFloat64(start + field.TIME, now, true);
    this.#putOffload(start + field.OFFLOAD_IN, packet.offload);
    this.#putOffload(start + field.OFFLOAD_OUT, out.offload);
    let at = start + HEADER;
    view.setUint32(at, packet.length, true);
    at = this.#put(at + 4, packet.bytes, packet.start, packet.length);
    for (let piece = 0; piece < count; piece++) {
      const headerLength = out.headerLength[piece] as number;
      const payloadLength = out.payloadLength[piece] as number;
      view.setUint32(at, headerLength + payloadLength, true);
      at = this.#put(at + 4, out.bytes, out.headerStart[piece] as number, headerLength);
      at = this.#put(at, packet.bytes, out.payloadStart[piece] as number, payloadLength);
    }
    Atomics.add(this.control, word.WRITTEN, Math.ceil(length / UNIT));
  }

  /** Where a record of so many units may be written, or -1 when there is no room, which is counted. */
  #take(units: number): number {
    const written = Atomics.load(this.control, word.WRITTEN) >>> 0;
    const used = (written - Atomics.load(this.control, word.READ)) >>> 0;
    const at = written % UNITS;
    const skipped = at + units > UNITS ? UNITS - at : 0;
    if (used + skipped + units > UNITS) {
      Atomics.add(this.control, word.LOST, 1);
      return -1;
    }
    if (skipped === 0) return at * UNIT;
    this.view.setUint32(at * UNIT + field.UNITS, skipped, true);
    this.view.setUint32(at * UNIT + field.PIECES, SKIP, true);
    Atomics.add(this.control, word.WRITTEN, skipped);
    return 0;
  }

  #put(at: number, from: Uint8Array, start: number, length: number): number {
    this.bytes.set(from.subarray(start, start + length), at);
    return at + length;
  }

  #putOffload(at: number, offload: Offload): void {
    const view = this.view;
    view.setUint16(at + part.FLAGS, (offload.needsChecksum ? 1 : 0) | (offload.ecn ? 2 : 0), true);
    view.setUint16(at + part.GSO_TYPE, offload.gsoType, true);
    view.setUint16(at + part.HEADERS, offload.headerLength, true);
    view.setUint16(at + part.GSO_SIZE, offload.gsoSize, true);
    view.setUint16(at + part.START, offload.checksumStart, true);
    view.setUint16(at + part.OFFSET, offload.checksumOffset, true);
  }
}

/** A packet that was handled, and what became of it. */
export interface TracedPacket {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** One of `direction`. */
  readonly way: number;
  readonly verdict: number;
  readonly packet: Uint8Array;
  readonly offload: Offload;
  /** What was sent; none, an empty list. */
  readonly sent: readonly Uint8Array[];
  readonly sentOffload: Offload;
}

/** The main thread's end. */
export class TraceReader extends TraceEnd {
  /** Says whether packets are to be left here from now on. What was left before is forgotten when that begins. */
  turn(isOn: boolean): void {
    if (isOn) Atomics.store(this.control, word.READ, Atomics.load(this.control, word.WRITTEN));
    Atomics.store(this.control, word.ON, isOn ? 1 : 0);
  }

  /** How many packets found no room since the last call. */
  takeLost(): number {
    return Atomics.exchange(this.control, word.LOST, 0);
  }

  /** Takes what was left since the last call, at most `most` packets. */
  take(most: number): TracedPacket[] {
    const taken: TracedPacket[] = [];
    while (taken.length < most) {
      const read = Atomics.load(this.control, word.READ) >>> 0;
      if (read === Atomics.load(this.control, word.WRITTEN) >>> 0) break;
      const start = (read % UNITS) * UNIT;
      const record = this.#record(start);
      if (record !== undefined) taken.push(record);
      Atomics.add(this.control, word.READ, this.view.getUint32(start + field.UNITS, true));
    }
    return taken;
  }

  #record(start: number): TracedPacket | undefined {
    const view = this.view;
    const count = view.getUint32(start + field.PIECES, true);
    if (count === SKIP) return undefined;
    const pieces: Uint8Array[] = [];
    let at = start + HEADER;
    for (let piece = 0; piece < count; piece++) {
      const length = view.getUint32(at, true);
      pieces.push(this.bytes.slice(at + 4, at + 4 + length));
      at += 4 + length;
    }
    const [packet = new Uint8Array(), ...sent] = pieces;
    return {
      time: view.getFloat64(start + field.TIME, true),
      way: view.getUint8(start + field.WAY),
      verdict: view.getUint8(start + field.VERDICT),
      packet,
      offload: this.#offload(start + field.OFFLOAD_IN),
      sent,
      sentOffload: this.#offload(start + field.OFFLOAD_OUT),
    };
  }

  #offload(at: number): Offload {
    const view = this.view;
    const flags = view.getUint16(at + part.FLAGS, true);
    return Object.assign(new Offload(), {
      needsChecksum: (flags & 1) !== 0,
      ecn: (flags & 2) !== 0,
      gsoType: view.getUint16(at + part.GSO_TYPE, true),
      headerLength: view.getUint16(at + part.HEADERS, true),
      gsoSize: view.getUint16(at + part.GSO_SIZE, true),
      checksumStart: view.getUint16(at + part.START, true),
      checksumOffset: view.getUint16(at + part.OFFSET, true),
    });
  }
}
