/**
 * Mode `snoop`, the bump itself: one listener for each pair of device and server, to which the table sends what programs
 * ask of that server. Nothing on disk changes, and questions go their native way when the table is not renewed (S14).
 */
import type { Host } from '../../install/host.ts';
import { checkedInterfaceName } from '../../install/interface-name.ts';
import type { Nft } from '../../install/nft.ts';
import { familyOf } from '../../install/nft-word.ts';
import {
  canRenewElements,
  portsCommands,
  renewCommands,
  type SnoopPair,
  snoopCommands,
  withdrawSnoopCommands,
} from '../../install/table-snoop.ts';
import { type SnoopSettings, snoop4Commands } from '../../install/table-snoop-chains.ts';
import { type Listener, listen } from '../../resolver/listener/listener.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import type { Reason, ServerStatus } from '../control/agent.ts';
import type { Log } from '../log.ts';
import { isLinkLocal, isLoopback, type NameServer, pathTo, type ServerPath } from '../network/name-servers.ts';
import type { Decision } from './decide.ts';
import type { PassOthers } from './pass-others.ts';
import { DNS_PORT, type Questions } from './questions.ts';

/**
 * Elements live for so long and are renewed every 2 s: a program that hangs stops catching questions. Measured with
 * SIGSTOP, 5 s were 5.2 s, and S14 allows 5.
 */
const CAUGHT_SECONDS = 4;

interface CaughtServer {
  readonly path: ServerPath;
  readonly listener: Listener;
}

export interface SnoopParts extends SnoopSettings {
  readonly host: Host;
  readonly nft: Pick<Nft, 'run'>;
  readonly resolver: Pick<Resolver, 'answer'>;
  readonly log: Log;
  /** Looks at the host and says which servers' questions to catch. */
  readonly decide: () => Promise<Pick<Decision, 'servers' | 'reasons' | 'gaps'>>;
  /** Lets programs pass that ask for others, and says which do not. */
  readonly passing: Pick<PassOthers, 'follow'>;
  /** Devices that questions may leave by: programs can be bound to any of them. */
  readonly devices: () => readonly string[];
}

function isIpv4({ address }: NameServer): boolean {
  return familyOf(address) === 'ip';
}

/** An address with the zone it needs on a device. */
function zoned(address: string, device: string): string {
  return isLinkLocal(address) && device !== '' ? `${address}%${device}` : address;
}

function nameOf(address: string, device: string): string {
  return `${zoned(address, device)}#${DNS_PORT}`;
}

/** Mode `snoop`. */
export class Snoop implements Questions {
  readonly mode = 'snoop';
  readonly #parts: SnoopParts;
  readonly #canRenew: boolean;
  /** What renews what is caught now; `undefined` as long as the kernel does not have it. */
  #renewal: string | undefined;
  /** Whether the chains for what is asked over IPv4 are there. */
  #has4 = false;
  #caught: ReadonlyMap<string, CaughtServer> = new Map();
  #unreachable: readonly NameServer[] = [];
  #unanswered: readonly ServerPath[] = [];
  #decision: Pick<Decision, 'reasons' | 'gaps'> = { reasons: [], gaps: [] };

  constructor(parts: SnoopParts) {
    this.#parts = parts;
    this.#canRenew = canRenewElements(parts.host.readText('/proc/sys/kernel/osrelease') ?? '');
  }

  async refresh(): Promise<boolean> {
    const { nft } = this.#parts;
    const decision = await this.#parts.decide();
    const stubs = decision.servers.map(({ address }) => address).filter(isLoopback);
    const [guests, ways] = await Promise.all([
      this.#parts.passing.follow(stubs),
      Promise.all(decision.servers.map((server) => this.#waysTo(server))),
    ]);
    this.#decision = { ...decision, gaps: [...decision.gaps, ...guests] };
    this.#unreachable = decision.servers.filter((_, index) => ways[index]?.length === 0);
    const before = this.#caught;
    const paths = ways.flat();
    if (paths.some(({ server }) => isIpv4(server))) this.#have4(true);
    await this.#catch(paths);
    try {
      nft.run(portsCommands(this.#parts, this.#listeners()));
      this.#catchAll();
      if (![...this.#caught.values()].some(({ path }) => isIpv4(path.server))) this.#have4(false);
    } finally {
      const gone = [...before].filter(([key]) => !this.#caught.has(key));
      await Promise.all(gone.map(([, { listener }]) => listener.close()));
    }
    return before.size !== this.#caught.size || [...before.keys()].some((key) => !this.#caught.has(key));
  }

  renew(): void {
    if (this.#renewal === undefined) this.#catchAll();
    else this.#parts.nft.run(this.#renewal);
  }

  withdraw(): void {
    const chains = this.#has4 ? snoop4Commands(this.#parts, false) : '';
    this.#parts.nft.run(withdrawSnoopCommands(this.#parts) + chains);
    this.#has4 = false;
  }

  async close(): Promise<void> {
    const all = [...this.#caught.values()];
    this.#caught = new Map();
    await Promise.all(all.map(({ listener }) => listener.close()));
  }

  servers(): readonly ServerStatus[] {
    return [
      ...[...this.#caught.values()].map(({ path, listener }) => ({
        device: path.device,
        server: nameOf(path.server.address, path.device),
        listener: `${zoned(path.own, path.device)}#${listener.port}`,
      })),
      ...this.#unanswered.map(({ server, device }) => ({
        device,
        server: nameOf(server.address, device),
        listener: null,
      })),
      ...this.#unreachable.map(({ address, zone }) => ({
        device: zone,
        server: nameOf(address, zone),
        listener: null,
      })),
    ];
  }

  unanswered(): readonly string[] {
    return this.#unanswered.map(({ server, device }) => nameOf(server.address, device));
  }

  because(): readonly string[] {
    return this.#decision.reasons;
  }

  gaps(): readonly Reason[] {
    return this.#decision.gaps;
  }

  /** The ways to a server: the one the routing table takes, and those of programs that are bound to another device. */
  async #waysTo(server: NameServer): Promise<ServerPath[]> {
    const { devices, host } = this.#parts;
    const usual = await pathTo(host, server);
    if (usual === undefined) return [];
    if (server.zone !== '' || isLoopback(server.address) || usual.device === 'lo') return [usual];
    const others = devices().filter((device) => device !== usual.device);
    const more = await Promise.all(others.map((zone) => pathTo(host, { ...server, zone })));
    return [usual, ...more.filter((path) => path !== undefined)];
  }

  /** Adds these chains, or takes them away. */
  #have4(isWanted: boolean): void {
    if (isWanted === this.#has4) return;
    this.#parts.nft.run(snoop4Commands(this.#parts, isWanted));
    this.#has4 = isWanted;
  }

  /** What is caught from now on, and for how long. */
  #catchAll(): void {
    const pairs = this.#pairs();
    const commands = snoopCommands(this.#parts, pairs, CAUGHT_SECONDS);
    this.#renewal = undefined;
    this.#parts.nft.run(commands);
    this.#renewal = this.#canRenew ? renewCommands(this.#parts, pairs, CAUGHT_SECONDS) : commands;
  }

  /** Makes listeners for exactly these; those that are there already stay as they are. */
  async #catch(paths: readonly ServerPath[]): Promise<void> {
    const next = new Map<string, CaughtServer>();
    const unanswered: ServerPath[] = [];
    for (const path of paths) {
      const key = `${path.device} ${path.server.address} ${path.own}`;
      if (next.has(key)) continue;
      try {
        const listener = this.#caught.get(key)?.listener ?? (await this.#listen(path));
        next.set(key, { path, listener });
      } catch (error) {
        this.#parts.log.warn({ err: error, server: path.server.address }, 'Cannot answer in place of a DNS server');
        unanswered.push(path);
      }
    }
    this.#caught = next;
    this.#unanswered = unanswered;
  }

  #listen({ server, device, own }: ServerPath): Promise<Listener> {
    const upstream = { address: zoned(server.address, checkedInterfaceName(device)), port: DNS_PORT, device };
    const { resolver } = this.#parts;
    return listen({ address: zoned(own, device), port: 0, upstreams: [upstream], resolver });
  }

  #listeners(): { address: string; port: number }[] {
    return [...this.#caught.values()].map(({ path, listener }) => ({ address: path.own, port: listener.port }));
  }

  #pairs(): SnoopPair[] {
    return [...this.#caught.values()].map(({ path, listener }) => ({
      device: path.device,
      server: path.server.address,
      address: path.own,
      port: listener.port,
    }));
  }
}
