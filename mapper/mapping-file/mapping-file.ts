/**
 * Keeps mappings in a file, so that they survive the process (M14). The file begins as a snapshot and goes on as a log:
 * a record is added before the answer leaves that promises it. A new snapshot is written beside it, a slice at a time,
 * and takes its place; what changes meanwhile is added to both, so that either is complete at any moment.
 */
import { ipv6 } from '../address/ipv6.ts';
import type { EndReason, Mapping, MappingSink } from '../mapping.ts';
import { type MappingTimes, time } from '../mapping-times.ts';
import { nextTurn } from '../next-turn.ts';
import type { Spool } from '../spool.ts';
import type { Files, OpenFile } from './files.ts';
import { loadMappings, longestFile } from './load.ts';
import { HEADING, LONGEST_RECORD, writeRecord } from './record.ts';

/** How much longer a promise is written down for than it was given, in seconds, so that a new one need not be written. */
const FORESIGHT_SECONDS = 600;
/** Positions of one slice of a snapshot: a millisecond when all are mapped. */
const SLICE = 512;
/** What the log may grow to beside its snapshot before a new one is due: as much again, and this, in octets. */
const LOG_OCTETS = 256 * 1024;

/** Who is where a mapping was ended. */
const nobody = ipv6(0, 0, 0, 0);

/** Where a snapshot is taken from. */
export interface MappingSource {
  mappingAt(position: number): Mapping | undefined;
}

export interface MappingFileParts {
  readonly path: string;
  readonly spool: Spool;
  readonly files: Files;
  /** Where it notes until when the file says that a position is promised; 0 when the file does not know the mapping. */
  readonly times: MappingTimes;
  /** Told of everything that is not as it should be; of a lasting trouble once. */
  readonly report: (problem: Error) => void;
  /** Lets others run between two slices of a snapshot. */
  readonly pause?: () => Promise<void>;
}

/** A file that is being written, and how long it is. Records are whole: a write that failed is written over. */
interface Written {
  readonly file: OpenFile;
  length: number;
  isWell: boolean;
}

/** The file of one spool. Nothing here throws or rejects. */
export class MappingFile implements MappingSink {
  readonly #parts: MappingFileParts;
  readonly #pause: () => Promise<void>;
  readonly #limit: number;
  readonly #record = Buffer.alloc(LONGEST_RECORD);
  #source: MappingSource | undefined;
  /** The file in its place, the one that will be, and how long the snapshot in the first is. */
  #current: Written | undefined;
  #next: Written | undefined;
  #snapshotLength = 0;
  #isInTrouble = false;
  #snapshot: Promise<void> | undefined;

  constructor(parts: MappingFileParts) {
    this.#parts = parts;
    this.#pause = parts.pause ?? nextTurn;
    this.#limit = longestFile(parts.spool);
  }

  /** The mappings in the file, in the order in which they were written, for `AddressMapper.restore`. */
  load(): Iterable<Mapping | undefined> {
    const { files, path, spool, report } = this.#parts;
    return loadMappings(files, path, spool, report);
  }

  /** Writes the first snapshot, of what `source` has; from then on everything is kept, unless trouble was reported. */
  async begin(source: MappingSource): Promise<void> {
    this.#source = source;
    await this.#takeSnapshot();
  }

  publish(position: number): void {
    this.#parts.times.set(position, time.SAVED, 0);
  }

  withdraw(): void {
    // The record of whoever gets the address next takes the place of this one.
  }

  /** Writes down that nobody is there any more, unless somebody else is about to be: the next record says so. */
  ended(mapping: Mapping, reason: EndReason): void {
    if (this.#source === undefined || reason === 'recycled') return;
    this.#write({ ...mapping, ipv6: nobody, names: [] }, 0);
  }

  /** Adds a record, unless the file promises as much already. One write(2), and a second while a snapshot is taken. */
  promised(position: number, mapping: Mapping): void {
    if (this.#source === undefined || mapping.promisedUntil <= this.#parts.times.get(position, time.SAVED)) return;
    const until = mapping.promisedUntil + (mapping.isStranger ? 0 : FORESIGHT_SECONDS);
    if (this.#write(mapping, until)) this.#parts.times.set(position, time.SAVED, until);
  }

  /** Returns whether the record is in the file, or will be. */
  #write(mapping: Mapping, until: number): boolean {
    const length = writeRecord(mapping, until, this.#record, 0);
    if (this.#next !== undefined) this.#add(this.#next, this.#record, length);
    // Before the first snapshot is in its place nothing else is there; should it fail, the next one has all of them.
    return this.#current === undefined || this.#add(this.#current, this.#record, length);
  }

  /** Takes a snapshot if the log has grown long, or something could not be written. To be called every 10 s. */
  async tend(): Promise<void> {
    const current = this.#current;
    if (this.#source === undefined || this.#snapshot !== undefined) return;
    const isLong = current !== undefined && current.length > 2 * this.#snapshotLength + LOG_OCTETS;
    if (current === undefined || !current.isWell || isLong) await this.#takeSnapshot();
  }

  /** Takes the last snapshot; afterwards nothing is written any more. */
  async end(): Promise<void> {
    await this.#snapshot;
    if (this.#source !== undefined) await this.#takeSnapshot();
    this.#source = undefined;
    if (this.#current !== undefined) closeQuietly(this.#current.file);
    this.#current = undefined;
  }

  #takeSnapshot(): Promise<void> {
    this.#snapshot ??= this.#replace().finally(() => {
      this.#snapshot = undefined;
    });
    return this.#snapshot;
  }

  async #replace(): Promise<void> {
    const { files, path } = this.#parts;
    const temporary = `${path}.new`;
    try {
      const next: Written = { file: files.create(temporary), length: 0, isWell: true };
      this.#next = next;
      this.#add(next, HEADING, HEADING.length);
      await this.#writeAll(next);
      await next.file.sync();
      if (!next.isWell) throw new Error('Something that changed meanwhile could not be added');
      files.rename(temporary, path);
      if (this.#current !== undefined) closeQuietly(this.#current.file);
      this.#current = next;
      this.#snapshotLength = next.length;
      this.#isInTrouble = false;
    } catch (error) {
      this.#giveUp(temporary);
      this.#say(new Error(`Cannot write mappings to ${temporary}`, { cause: error }));
    } finally {
      this.#next = undefined;
    }
  }

  /** Writes all mappings, in slices. Throws when that fails. */
  async #writeAll(next: Written): Promise<void> {
    const { size } = this.#parts.spool;
    const slice = Buffer.alloc(Math.min(SLICE, size) * LONGEST_RECORD);
    for (let from = 0; from < size; from += SLICE) {
      const length = this.#writeSlice(slice, from, Math.min(from + SLICE, size));
      if (!this.#add(next, slice, length)) throw new Error('It is full, or cannot be written');
      await this.#pause();
    }
  }

  #writeSlice(slice: Buffer, from: number, to: number): number {
    let length = 0;
    for (let position = from; position < to; position++) {
      const mapping = this.#source?.mappingAt(position);
      if (mapping === undefined) continue;
      const until = Math.max(mapping.promisedUntil, this.#parts.times.get(position, time.SAVED));
      length += writeRecord(mapping, until, slice, length);
      this.#parts.times.set(position, time.SAVED, until);
    }
    return length;
  }

  /** Adds whole records to a file. Returns whether they are in it. */
  #add(written: Written, octets: Buffer, length: number): boolean {
    try {
      if (written.length + length > this.#limit) throw new Error(`It has its ${this.#limit} octets`);
      written.file.write(octets, length, written.length);
      written.length += length;
      return true;
    } catch (error) {
      written.isWell = false;
      this.#say(new Error(`Cannot keep mappings in ${this.#parts.path}: a restart forgets them`, { cause: error }));
      return false;
    }
  }

  #giveUp(temporary: string): void {
    if (this.#next !== undefined) closeQuietly(this.#next.file);
    try {
      this.#parts.files.remove(temporary);
    } catch {
      // Its directory cannot be written, which has been said.
    }
  }

  #say(problem: Error): void {
    if (this.#isInTrouble) return;
    this.#isInTrouble = true;
    this.#parts.report(problem);
  }
}

/** The file is given up, or complete: how closing it went changes nothing. */
function closeQuietly(file: OpenFile): void {
  try {
    file.close();
  } catch {
    // Nothing is left to be written.
  }
}
