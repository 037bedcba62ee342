/** Notices that others listen on port 53 than before (proc_net(5)): the kernel does not announce it. */
import { KeptOpen } from '../kept-open.ts';

const FILES = ['/proc/net/udp', '/proc/net/udp6'] as const;
/** A line of these files whose local address has port 53, in hexadecimal. */
const LISTENING = /^\s*\d+: [0-9A-F]+:0035 .*$/gm;
const NOTHING = new Uint8Array();

interface Table {
  readonly file: KeptOpen;
  octets: Uint8Array;
  listeners: string;
}

export class DnsListeners {
  readonly #tables: readonly Table[] = FILES.map((path) => ({
    file: new KeptOpen(path),
    octets: NOTHING,
    listeners: '',
  }));

  constructor() {
    this.haveChanged();
  }

  /** Whether others listen than at the last call. Takes some microseconds as long as no socket of this host does anything. */
  haveChanged(): boolean {
    let isOther = false;
    for (const table of this.#tables) {
      const octets = table.file.read() ?? NOTHING;
      if (Buffer.compare(octets, table.octets) === 0) continue;
      table.octets = octets.slice();
      const listeners = listenersIn(Buffer.from(octets).toString('latin1'));
      isOther ||= listeners !== table.listeners;
      table.listeners = listeners;
    }
    return isOther;
  }

  close(): void {
    for (const { file } of this.#tables) file.close();
  }
}

/** Address and inode of each; the counters between them change by themselves. */
function listenersIn(text: string): string {
  return (text.match(LISTENING) ?? [])
    .map((line) => line.trim().split(/\s+/))
    .map((columns) => `${columns[1]} ${columns[9]}\n`)
    .sort()
    .join('');
}
