/**
 * The names of mappings, packed: a million strings would be twice as long, and the collector would have to look at each
 * of them again and again. Names lie in cells, as many as it takes: 24 octets of text, and the number of the next cell,
 * side by side, so that a name is one wait for memory.
 */

/** Names kept with a mapping; the oldest goes first. */
const MOST_NAMES = 8;
/** The longest name in presentation format that is kept, and all of them with what parts them. */
const LONGEST_NAME = 255;
const LONGEST = MOST_NAMES * (LONGEST_NAME + 1);

/** Words of a cell: its text, and behind that the number of the next cell; and octets of the text. */
const NEXT = 6;
const TEXT = 4 * NEXT;
/** Memory is taken for so many cells at once, as a power of two: 1.8 MB. */
const PAGE_BITS = 16;
/** No cell: the first one is never used. */
const NONE = 0;
/** What stands between two names, and behind the last where a cell has room left. Names are of `!` to `~`. */
const BETWEEN = 0x20;
const END = 0;
const printable = { FIRST: 0x21, LAST: 0x7e } as const;

/** Names by position. Those that are no names in presentation format (RFC 1035 §5.1) are not kept. */
export class PackedNames {
  /** The first cell of each position. */
  readonly #heads: Uint32Array;
  readonly #pages: Uint32Array[] = [];
  /** Cells that were used and are free, each of which knows the next; and the first that was never used. */
  #free = NONE;
  #fresh = NONE + 1;
  /** The names at hand, as they lie in the cells, by words and by octets. */
  readonly #words = new Uint32Array(Math.ceil((LONGEST + LONGEST_NAME + 1) / TEXT) * NEXT);
  readonly #text = Buffer.from(this.#words.buffer);

  constructor(size: number) {
    this.#heads = new Uint32Array(size);
  }

  /** The names of a position, the newest last. */
  get(position: number): readonly string[] {
    const length = this.#read(position);
    return length === 0 ? [] : this.#text.toString('latin1', 0, length).split(' ');
  }

  /** Keeps these and no others. */
  set(position: number, names: readonly string[]): void {
    this.clear(position);
    let end = 0;
    for (const name of names.slice(-MOST_NAMES)) end = this.#append(name, end);
    this.#write(position, end);
  }

  /** Adds a name as the newest, wherever it stood before. */
  add(position: number, name: string): void {
    if (this.#heads[position] === NONE) {
      this.#write(position, this.#append(name, 0));
      return;
    }
    const length = this.#read(position);
    if (this.#isNewest(name, length) || this.#append(name, length) === length) return;
    this.set(position, [...this.get(position).filter((other) => other !== name), name]);
  }

  clear(position: number): void {
    let cell = this.#heads[position] as number;
    this.#heads[position] = NONE;
    while (cell !== NONE) {
      const page = this.#pageOf(cell);
      const next = wordOf(cell) + NEXT;
      const following = page[next] as number;
      page[next] = this.#free;
      this.#free = cell;
      cell = following;
    }
  }

  /** Puts a name behind the first `end` octets at hand. Returns how many there are then: as many as before, if it is none. */
  #append(name: string, end: number): number {
    const text = this.#text;
    if (name.length === 0 || name.length > LONGEST_NAME) return end;
    let at = end;
    if (at > 0) text[at++] = BETWEEN;
    for (let index = 0; index < name.length; index++) {
      const code = name.charCodeAt(index);
      if (code < printable.FIRST || code > printable.LAST) return end;
      text[at++] = code;
    }
    return at;
  }

  /** Whether a name is the last of the first `length` octets at hand. */
  #isNewest(name: string, length: number): boolean {
    const from = length - name.length;
    if (from < 0 || (from > 0 && this.#text[from - 1] !== BETWEEN)) return false;
    for (let at = 0; at < name.length; at++) if (this.#text[from + at] !== name.charCodeAt(at)) return false;
    return true;
  }

  /** Takes the names of a position at hand. Returns how many octets they have. */
  #read(position: number): number {
    const words = this.#words;
    let end = 0;
    for (let cell = this.#heads[position] as number; cell !== NONE; ) {
      const page = this.#pageOf(cell);
      const from = wordOf(cell);
      for (let word = 0; word < NEXT; word++) words[end++] = page[from + word] as number;
      cell = page[from + NEXT] as number;
    }
    let length = 4 * end;
    while (length > 0 && this.#text[length - 1] === END) length--;
    return length;
  }

  /** Puts the first `length` octets at hand into cells of a position that has none. */
  #write(position: number, length: number): void {
    const words = this.#words;
    let end = length;
    while (end % TEXT !== 0) this.#text[end++] = END;
    let before = NONE;
    for (let at = 0; at < end / 4; at += NEXT) {
      const cell = this.#take();
      const page = this.#pageOf(cell);
      const from = wordOf(cell);
      for (let word = 0; word < NEXT; word++) page[from + word] = words[at + word] as number;
      page[from + NEXT] = NONE;
      if (before === NONE) this.#heads[position] = cell;
      else this.#pageOf(before)[wordOf(before) + NEXT] = cell;
      before = cell;
    }
  }

  /** A cell that nobody uses. */
  #take(): number {
    const cell = this.#free;
    if (cell !== NONE) {
      this.#free = this.#pageOf(cell)[wordOf(cell) + NEXT] as number;
      return cell;
    }
    if (this.#fresh >>> PAGE_BITS >= this.#pages.length) this.#pages.push(new Uint32Array((NEXT + 1) << PAGE_BITS));
    return this.#fresh++;
  }

  #pageOf(cell: number): Uint32Array {
    return this.#pages[cell >>> PAGE_BITS] as Uint32Array;
  }
}

/** Where a cell begins in its page. */
function wordOf(cell: number): number {
  return (cell & ((1 << PAGE_BITS) - 1)) * (NEXT + 1);
}
