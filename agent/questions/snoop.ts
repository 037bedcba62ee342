/**
 * Mode `snoop`, the bump itself: one listener for each pair of device and server, to which the table sends what programs
 * ask of that server. Nothing on disk changes, and questions go their native way when the table is not renewed (S14).
 */
import type { Host } from '../../install/host.ts';
import type { Nft } from '../../install/nft.ts';
import { portsCommands, type SnoopPair, snoopCommands, withdrawSnoopCommands } from '../../install/table-snoop.ts';
import { type Listener, listen } from '../../resolver/listener/listener.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import type { Upstream } from '../../resolver/upstream/upstream.ts';
import type { ServerStatus } from '../control/agent.ts';
import type { Log } from '../log.ts';
import { hostNameServers, pathTo, type ServerPath } from '../network/name-servers.ts';
import { DNS_PORT, type Questions } from './questions.ts';

/** Elements live for so long, and are renewed well before: a program that hangs stops catching questions. */
const CAUGHT_SECONDS = 5;

interface CaughtServer {
  readonly path: ServerPath;
  readonly listener: Listener;
}

export interface SnoopParts {
  readonly table: string;
  readonly host: Host;
  readonly nft: Pick<Nft, 'run'>;
  readonly resolver: Resolver;
  readonly log: Log;
}

/** Mode `snoop`. */
export class Snoop implements Questions {
  readonly #parts: SnoopParts;
  #caught = new Map<string, CaughtServer>();
  #uncaught: readonly string[] = [];

  constructor(parts: SnoopParts) {
    this.#parts = parts;
  }

  async refresh(): Promise<void> {
    const { host, log, resolver } = this.#parts;
    const named = hostNameServers(host);
    const paths = await Promise.all(named.map((server) => pathTo(host, server)));
    this.#uncaught = named.filter((_, index) => paths[index] === undefined).map(({ address }) => address);
    const next = new Map<string, CaughtServer>();
    for (const path of paths) {
      if (path === undefined) continue;
      const key = `${path.device} ${path.server.address} ${path.own}`;
      try {
        const listener = this.#caught.get(key)?.listener ?? (await this.#listen(path, resolver));
        next.set(key, { path, listener });
      } catch (error) {
        log.warn({ err: error, server: path.server.address }, 'Cannot answer in place of a DNS server');
        this.#uncaught = [...this.#uncaught, path.server.address];
      }
    }
    const gone = [...this.#caught].filter(([key]) => !next.has(key));
    this.#caught = next;
    this.#parts.nft.run(portsCommands(this.#parts, this.#listeners()));
    this.renew();
    await Promise.all(gone.map(([, { listener }]) => listener.close()));
  }

  renew(): void {
    this.#parts.nft.run(snoopCommands(this.#parts, this.#pairs(), CAUGHT_SECONDS));
  }

  withdraw(): void {
    this.#parts.nft.run(withdrawSnoopCommands(this.#parts));
  }

  async close(): Promise<void> {
    const all = [...this.#caught.values()];
    this.#caught = new Map();
    await Promise.all(all.map(({ listener }) => listener.close()));
  }

  servers(): readonly ServerStatus[] {
    const caught = [...this.#caught.values()].map(({ path, listener }) => ({
      device: path.device,
      server: `${path.server.address}#${DNS_PORT}`,
      listener: `${path.own}#${listener.port}`,
    }));
    return [
      ...caught,
      ...this.#uncaught.map((server) => ({ device: '', server: `${server}#${DNS_PORT}`, listener: null })),
    ];
  }

  #listen(path: ServerPath, resolver: Resolver): Promise<Listener> {
    const isLinkLocal = path.own.startsWith('fe80:');
    const upstream: Upstream = {
      address: path.server.address.startsWith('fe80:') ? `${path.server.address}%${path.device}` : path.server.address,
      port: DNS_PORT,
      device: path.device,
    };
    const address = isLinkLocal ? `${path.own}%${path.device}` : path.own;
    return listen({ address, port: 0, upstreams: [upstream], resolver });
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
