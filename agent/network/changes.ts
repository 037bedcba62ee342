/**
 * Notices what the agent has to follow (S7, S15): links, addresses, routes, rules and forwarding (rtnetlink(7)), routers, the files
 * that say where names are found, who listens on port 53, and the rules of other firewalls. Files are told of when they
 * change; the rest is looked for, which costs some microseconds, so that a timer can do it.
 */
import { statSync } from 'node:fs';
import { DnsListeners } from './dns-listeners.ts';
import { NetlinkEar } from './netlink.ts';
import { RouterNews } from './router-news.ts';
import { WatchedFiles } from './watched-files.ts';

/** From linux/netlink.h. */
const protocol = { ROUTE: 0, NETFILTER: 12 } as const;
/** From linux/rtnetlink.h; the last is group 25, which tells when the host becomes a router or ceases to be one. */
const routeGroup = {
  LINK: 0x1,
  IPV4_ADDRESS: 0x10,
  IPV4_ROUTE: 0x40,
  IPV4_RULE: 0x80,
  IPV6_ADDRESS: 0x100,
  IPV6_ROUTE: 0x400,
  IPV6_RULE: 0x40000,
  IPV6_NETCONF: 0x1000000,
} as const;
/** From linux/netfilter/nfnetlink.h: group 7, and the subsystem that is the upper half of a message's type. */
const nftables = { GROUP: 0x40, SUBSYSTEM: 10, LAST_OF_RULES: 8 } as const;

/**
 * Listeners are looked for at every second look: of all that is looked at they cost the most, 30 µs. Files that should have
 * been told of are looked at all the same now and then: inotify(7) has limits, and says nothing of folders on the way.
 */
const LOOKS_PER_LISTENERS = 2;
const LOOKS_PER_FILES = 20;

/** Tables, chains and rules; not elements of sets, which our own questions renew all the time. */
function isOfRules(type: number): boolean {
  return type >>> 8 === nftables.SUBSYSTEM && (type & 0xff) <= nftables.LAST_OF_RULES;
}

/** What differs when a file or folder is another or has been written to. */
function identityOf(file: string): string {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats === undefined ? '' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
  } catch (error) {
    return String(error);
  }
}

/** What may have changed. */
export interface Changes {
  readonly network: boolean;
  /** Where names are found, or who asks for others: files, and listeners on port 53. */
  readonly names: boolean;
  readonly firewall: boolean;
}

export class NetworkChanges {
  readonly #routes: NetlinkEar;
  readonly #rules: NetlinkEar;
  /** What the kernel tells of routers. */
  readonly routers: RouterNews;
  readonly #files: readonly string[];
  readonly #watched: WatchedFiles;
  #identity: string;
  readonly #listeners: DnsListeners;
  #looks = 0;
  #isTold = false;
  #listener: () => void = () => {};

  /** Notices everything from now on; the files and folders are watched too: resolv.conf and its like. */
  constructor(files: readonly string[]) {
    this.#files = files;
    const groups = Object.values(routeGroup).reduce((all, one) => all | one, 0);
    this.#routes = new NetlinkEar(protocol.ROUTE, groups);
    const opened: { close(): void }[] = [this.#routes];
    try {
      this.#rules = new NetlinkEar(protocol.NETFILTER, nftables.GROUP, isOfRules);
      opened.push(this.#rules);
      this.routers = new RouterNews();
    } catch (error) {
      for (const ear of opened) ear.close();
      throw error;
    }
    this.#watched = new WatchedFiles(files, () => {
      this.#isTold = true;
      this.#listener();
    });
    this.#identity = this.#identify();
    this.#listeners = new DnsListeners();
  }

  /** Calls `listener` when one of the files has changed, and it is time to look. */
  listen(listener: () => void): void {
    this.#listener = listener;
  }

  /** What has changed since the last look. */
  look(): Changes {
    this.#looks++;
    const hasOtherFiles = this.#hasOtherFiles();
    const names = (this.#looks % LOOKS_PER_LISTENERS === 0 && this.#listeners.haveChanged()) || hasOtherFiles;
    const hasOtherRoutes = this.#routes.heard();
    const network = this.routers.heard() || hasOtherRoutes;
    return { network, names, firewall: this.#rules.heard() };
  }

  close(): void {
    this.#watched.close();
    this.#listeners.close();
    this.#routes.close();
    this.#rules.close();
    this.routers.close();
  }

  #hasOtherFiles(): boolean {
    const isDue = this.#looks % LOOKS_PER_FILES === 0;
    if (!this.#isTold && !isDue) return false;
    if (isDue) this.#watched.arrange();
    this.#isTold = false;
    const before = this.#identity;
    this.#identity = this.#identify();
    return this.#identity !== before;
  }

  #identify(): string {
    return this.#files.map(identityOf).join(' ');
  }
}
