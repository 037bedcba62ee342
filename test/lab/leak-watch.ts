/** Watches an uplink for packets that must never be on it: those with a ULA or a spool address (S8a). */
import type { LabHost } from './lab-host.ts';
import type { Program } from './program.ts';
import { toolCommand } from './tools.ts';

/** Unique local addresses (RFC 4193), and the ranges the agent takes by default for spool and device. */
const LEAKS = 'ip6 net fc00::/7 or net 10.170.160.0/20 or net 172.21.112.0/20 or arp net 10.170.160.0/20';

/** What a watch saw. */
export interface Watched {
  /** One line per leaked packet; there should be none. */
  readonly leaks: readonly string[];
  /** Packets that could not be looked at because they came too fast; with any, no leaks means nothing. */
  readonly missed: number;
}

export class LeakWatch {
  readonly #tcpdump: Program;

  private constructor(tcpdump: Program) {
    this.#tcpdump = tcpdump;
  }

  /** Begins to watch `device` of `host`; the kernel filters, so that load on the link costs next to nothing. */
  static async begin(host: LabHost, device: string): Promise<LeakWatch> {
    const tcpdump = host.start([...toolCommand('tcpdump'), '-n', '-l', '-i', device, '-Z', 'root', LEAKS]);
    await tcpdump.says(/listening on/);
    return new LeakWatch(tcpdump);
  }

  /** Ends the watch and tells what it saw. Throws when tcpdump does not say how many packets it missed. */
  async end(): Promise<Watched> {
    const { stdout, stderr } = await this.#tcpdump.stop('SIGINT');
    const missed = /(\d+) packets? dropped by kernel/.exec(stderr)?.[1];
    if (missed === undefined) throw new Error(`tcpdump ended early: ${stderr}`);
    return { leaks: stdout.split('\n').filter((line) => line !== ''), missed: Number(missed) };
  }
}
