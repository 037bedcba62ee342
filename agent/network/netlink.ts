/** Hears what the kernel announces on a netlink socket (netlink(7)), without waiting and without reading the content. */
import { failure, flag, lastErrno, libc } from '../data-plane/libc.ts';

/** From the Linux headers. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const ENOBUFS = 105;
const SOCKADDR_NL = { SIZE: 12, GROUPS: 8 } as const;
/** `struct nlmsghdr`; messages begin at multiples of 4. */
const NLMSGHDR = { SIZE: 16, LENGTH: 0, TYPE: 4 } as const;

/** Reads in one look; what is left is heard at the next. */
const MOST_READS = 64;
/** The kernel puts no more into one datagram. */
const BUFFER_SIZE = 65_536;

export class NetlinkEar {
  readonly #fd: number;
  readonly #matters: (type: number) => boolean;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  readonly #view = new DataView(this.#buffer.buffer);

  /**
   * Hears of everything from now on in the network namespace of this thread. `groups` are bits; `matters` tells by a
   * message's type whether it is one to be heard. Throws when the kernel refuses.
   */
  constructor(protocol: number, groups: number, matters: (type: number) => boolean = () => true) {
    this.#matters = matters;
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | flag.NONBLOCK | flag.CLOEXEC, protocol);
    if (this.#fd < 0) throw failure('open a netlink socket');
    const address = new Uint8Array(SOCKADDR_NL.SIZE);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(SOCKADDR_NL.GROUPS, groups, true);
    if (libc.bind(this.#fd, address, address.length) < 0) {
      const error = failure('listen to the kernel');
      libc.close(this.#fd);
      throw error;
    }
  }

  /** Whether there was a message that matters since the last call. Takes a few microseconds. */
  heard(): boolean {
    let heard = false;
    for (let reads = 0; reads < MOST_READS; reads++) {
      const length = Number(libc.read(this.#fd, this.#buffer, this.#buffer.length));
      if (length > 0) {
        heard = this.#hasOne(length) || heard;
      } else if (length < 0 && lastErrno() === ENOBUFS) {
        // The socket was full, so messages were lost that may have mattered. The next read works again.
        heard = true;
      } else {
        break;
      }
    }
    return heard;
  }

  close(): void {
    libc.close(this.#fd);
  }

  #hasOne(end: number): boolean {
    for (let at = 0; at + NLMSGHDR.SIZE <= end; ) {
      if (this.#matters(this.#view.getUint16(at + NLMSGHDR.TYPE, true))) return true;
      const length = this.#view.getUint32(at + NLMSGHDR.LENGTH, true);
      if (length < NLMSGHDR.SIZE) break;
      at += (length + 3) & ~3;
    }
    return false;
  }
}
