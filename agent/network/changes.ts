/**
 * Notices changes of the network: a netlink socket that hears of links, addresses and routes (rtnetlink(7)), read without
 * waiting, and the identity of resolv.conf. Looking costs a few microseconds, so that a timer can do it.
 */
import { statSync } from 'node:fs';
import { failure, flag, libc } from '../data-plane/libc.ts';

/** From the Linux headers. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCKADDR_NL_SIZE = 12;
const GROUPS_OFFSET = 8;
const group = { LINK: 0x1, IPV4_ADDRESS: 0x10, IPV4_ROUTE: 0x40, IPV6_ADDRESS: 0x100, IPV6_ROUTE: 0x400 } as const;

/** Messages read in one look; more than this are still a change. */
const MOST_READS = 64;

export class NetworkChanges {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(16_384);
  readonly #file: string;
  #identity: string;

  /** Hears of everything from now on. `file` is watched too: resolv.conf. */
  constructor(file: string) {
    this.#file = file;
    this.#identity = this.#identify();
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | flag.NONBLOCK | flag.CLOEXEC, 0);
    if (this.#fd < 0) throw failure('open a netlink socket');
    const address = new Uint8Array(SOCKADDR_NL_SIZE);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    const groups = Object.values(group).reduce((all, one) => all | one, 0);
    view.setUint32(GROUPS_OFFSET, groups, true);
    if (libc.bind(this.#fd, address, address.length) < 0) {
      libc.close(this.#fd);
      throw failure('listen for network changes');
    }
  }

  /** Whether anything has changed since the last look. */
  look(): boolean {
    let changed = false;
    // A full socket buffer fails with ENOBUFS and means that messages were lost: the next read works again.
    for (let reads = 0; reads < MOST_READS && libc.read(this.#fd, this.#buffer, this.#buffer.length) > 0; reads++) {
      changed = true;
    }
    const identity = this.#identify();
    if (identity !== this.#identity) changed = true;
    this.#identity = identity;
    return changed;
  }

  close(): void {
    libc.close(this.#fd);
  }

  #identify(): string {
    const stats = statSync(this.#file, { throwIfNoEntry: false });
    return stats === undefined ? '' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}`;
  }
}
