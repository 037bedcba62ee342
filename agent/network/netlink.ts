/** Hears what the kernel announces on a netlink socket (netlink(7)), without waiting. */
import { failure, flag, lastErrno, libc } from '../data-plane/libc.ts';

/** From the Linux headers. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const ENOBUFS = 105;
const SOCKADDR_NL = { SIZE: 12, GROUPS: 8 } as const;
/** `struct nlmsghdr`; messages begin at multiples of 4. */
const NLMSGHDR = { SIZE: 16, LENGTH: 0, TYPE: 4, FLAGS: 6 } as const;
const NLM_F = { REQUEST: 0x001, DUMP: 0x300 } as const;

/** Reads in one look; what is left is heard at the next. */
const MOST_READS = 64;
/** The kernel puts no more into one datagram. */
const BUFFER_SIZE = 65_536;

/** Whether a message is one to be heard, by its type and what is behind its header; called once for each. */
export type Matters = (type: number, payload: DataView) => boolean;

export class NetlinkEar {
  readonly #fd: number;
  readonly #matters: Matters;
  readonly #overflowed: () => boolean;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  readonly #view = new DataView(this.#buffer.buffer);

  /**
   * Hears of everything from now on in the network namespace of this thread. `groups` are bits. `overflowed`
   * is called when messages were lost because they were too many, and says whether that is to be heard. Throws when the
   * kernel refuses.
   */
  constructor(protocol: number, groups: number, matters: Matters = () => true, overflowed: () => boolean = () => true) {
    this.#matters = matters;
    this.#overflowed = overflowed;
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
        heard = this.#overflowed() || heard;
      } else {
        break;
      }
    }
    return heard;
  }

  /** Has the kernel list what there is, as if it were announced now. `payload` is what follows the header of the request. */
  list(type: number, payload: Uint8Array): void {
    const request = new Uint8Array(NLMSGHDR.SIZE + payload.length);
    const view = new DataView(request.buffer);
    view.setUint32(NLMSGHDR.LENGTH, request.length, true);
    view.setUint16(NLMSGHDR.TYPE, type, true);
    view.setUint16(NLMSGHDR.FLAGS, NLM_F.REQUEST | NLM_F.DUMP, true);
    request.set(payload, NLMSGHDR.SIZE);
    if (libc.write(this.#fd, request, request.length) < 0) throw failure('ask the kernel');
  }

  close(): void {
    libc.close(this.#fd);
  }

  #hasOne(end: number): boolean {
    let hasOne = false;
    for (let at = 0; at + NLMSGHDR.SIZE <= end; ) {
      const length = this.#view.getUint32(at + NLMSGHDR.LENGTH, true);
      if (length < NLMSGHDR.SIZE || at + length > end) break;
      const payload = new DataView(this.#buffer.buffer, at + NLMSGHDR.SIZE, length - NLMSGHDR.SIZE);
      hasOne = this.#matters(this.#view.getUint16(at + NLMSGHDR.TYPE, true), payload) || hasOne;
      at += (length + 3) & ~3;
    }
    return hasOne;
  }
}
