/**
 * The TCP connections of this host to spool addresses, as the kernel knows them (M11): asked with ss(8), since only the
 * kernel knows whether a connection that is silent is still there.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../install/host.ts';
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv4Prefix } from '../../mapper/address/prefix.ts';
import type { Connections } from '../../mapper/mapping.ts';
import type { Spool } from '../../mapper/spool.ts';

/** How often the kernel is asked at most. */
const ASK_MILLISECONDS = 1000;
/** How long anybody waits for an answer: a question must be answered although ss(8) hangs. One that comes later counts. */
const PATIENCE_MILLISECONDS = 1000;
/** Lines read in one turn: about a millisecond. */
const LINES = 1000;
/** The column of the peer in the lines of ss: state, two queues, this end, the other end. */
const PEER = 4;

export interface KernelConnectionsParts {
  readonly host: Host;
  readonly spool: Pick<Spool, 'ranges' | 'position'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told once when the kernel cannot be asked, until it can again. */
  readonly report: (problem: Error) => void;
}

export class KernelConnections implements Connections {
  readonly #parts: KernelConnectionsParts;
  #askedAt = 0;
  #positions: ReadonlySet<number> = new Set();
  #asking: Promise<void> | undefined;
  /** When the last question was asked, answered or not; milliseconds since 1970. */
  #lastQuestion = Number.NEGATIVE_INFINITY;
  #isInTrouble = false;

  constructor(parts: KernelConnectionsParts) {
    this.#parts = parts;
  }

  get askedAt(): number {
    return this.#askedAt;
  }

  has(position: number): boolean {
    return this.#positions.has(position);
  }

  /** Whoever asks while an answer is awaited waits for that one. Resolves within a second, whether or not there is one. */
  async ask(): Promise<void> {
    if (this.#asking === undefined) {
      // The other way round when the clock was set back: then it is asked once more.
      if (Math.abs(this.#parts.now() - this.#lastQuestion) < ASK_MILLISECONDS) return;
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined;
      });
    }
    const patience = new AbortController();
    const late = sleep(PATIENCE_MILLISECONDS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#asking, late]);
    patience.abort();
  }

  async #ask(): Promise<void> {
    const { host, spool, now, report } = this.#parts;
    this.#lastQuestion = now();
    const asked = Math.floor(this.#lastQuestion / 1000);
    const filter = spool.ranges.map((range) => `dst ${formatIpv4Prefix(range)}`).join(' or ');
    try {
      const positions = await this.#read(await host.run(['ss', '-Hatn', 'exclude', 'time-wait', filter]));
      this.#positions = positions;
      this.#askedAt = asked;
      this.#isInTrouble = false;
    } catch (error) {
      // Then packets alone say what is held, and for longer.
      this.#askedAt = 0;
      this.#positions = new Set();
      if (!this.#isInTrouble) report(new Error('Cannot ask the kernel for TCP connections', { cause: error }));
      this.#isInTrouble = true;
    }
  }

  async #read(text: string): Promise<Set<number>> {
    const positions = new Set<number>();
    let begin = 0;
    for (let lines = 1; begin < text.length; lines++) {
      const newline = text.indexOf('\n', begin);
      const end = newline < 0 ? text.length : newline;
      const position = this.#positionOf(text.slice(begin, end));
      if (position >= 0) positions.add(position);
      begin = end + 1;
      if (lines % LINES === 0) await nextTurn();
    }
    return positions;
  }

  /**
   * Programs with IPv6 sockets see the address mapped: `[::ffff:10.170.160.1]:80`. Throws for what is no line of ss: what
   * cannot be read must not say that there is no connection.
   */
  #positionOf(line: string): number {
    const peer = line.split(/\s+/)[PEER] ?? '';
    const address = parseIpv4(peer.slice(0, peer.lastIndexOf(':')).replace(/^\[::ffff:(.*)\]$/, '$1'));
    if (address === undefined) throw new Error(`ss said ${JSON.stringify(line.slice(0, 80))}`);
    return this.#parts.spool.position(address);
  }
}
