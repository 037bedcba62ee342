/**
 * Telling the service manager how it stands with us (sd_notify(3)): datagrams to the socket that `NOTIFY_SOCKET` names. Without
 * one there is nobody to be told, and nothing is done.
 */
import { flag, libc } from './data-plane/libc.ts';

/** From sys/socket.h, and the layout of `sockaddr_un`. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SUN_PATH = 2;
const LONGEST_PATH = 107;

export class ServiceNotify {
  readonly #socket: number;
  readonly #address: Uint8Array;
  /** How often the manager wants to hear `WATCHDOG=1`, in milliseconds; half of what it waits. `undefined` when it does not. */
  readonly watchdogMilliseconds: number | undefined;

  /** `environment` is what the manager has started us with. */
  constructor(environment: Readonly<Record<string, string | undefined>>) {
    const { NOTIFY_SOCKET: path, WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = environment;
    this.#address = socketAddress(path ?? '');
    this.#socket = path === undefined ? -1 : libc.socket(AF_UNIX, SOCK_DGRAM | flag.CLOEXEC | flag.NONBLOCK, 0);
    const isForUs = pid === undefined || Number(pid) === process.pid;
    const wait = Number(microseconds) / 2000;
    this.watchdogMilliseconds = this.#socket >= 0 && isForUs && wait > 0 ? wait : undefined;
  }

  /** Tells it, if it can be told: `READY=1`, `STOPPING=1`, `WATCHDOG=1`, `STATUS=…`. Never throws or waits. */
  tell(...lines: readonly string[]): void {
    if (this.#socket < 0) return;
    const octets = Buffer.from(lines.join('\n'));
    libc.sendto(this.#socket, octets, octets.length, 0, this.#address, this.#address.length);
  }

  close(): void {
    if (this.#socket >= 0) libc.close(this.#socket);
  }
}

/** The address of a socket with a path, or with an abstract name, which is written with `@` for its first octet 0. */
export function socketAddress(path: string): Uint8Array {
  const name = Buffer.from(path).subarray(0, LONGEST_PATH);
  if (path.startsWith('@')) name[0] = 0;
  const isAbstract = path.startsWith('@');
  const address = new Uint8Array(SUN_PATH + name.length + (isAbstract ? 0 : 1));
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, SUN_PATH);
  return address;
}
