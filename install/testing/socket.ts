/** A blocking client socket, bound to a device where wanted, made in whatever namespace the thread is in. For tests only. */
import { isIPv4, SocketAddress } from 'node:net';
import koffi from 'koffi';

const AF_INET = 2;
const AF_INET6 = 10;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_BINDTODEVICE = 25;
const SO_MARK = 36;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int family, int type, int protocol)');
const setsockopt = libc.func('int setsockopt(int s, int level, int name, void *value, uint32_t length)');
const connect = libc.func('int connect(int s, void *address, uint32_t length)');
const send = libc.func('int64_t send(int s, void *data, size_t length, int flags)');
const recv = libc.func('int64_t recv(int s, _Out_ void *data, size_t length, int flags)');
const close = libc.func('int close(int s)');
const ifNameToIndex = libc.func('uint32_t if_nametoindex(str name)');

/** The 16 octets of an IPv6 address, of any legal spelling without an IPv4 tail. */
function octets(address: string): Buffer {
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::');
  const groups = (text: string): string[] =>
    (text === '' ? [] : text.split(':')).map((group) => group.padStart(4, '0'));
  const after = groups(tail ?? '');
  const before = groups(head);
  const hex = [...before, ...new Array<string>(8 - before.length - after.length).fill('0000'), ...after].join('');
  return Buffer.from(hex, 'hex');
}

function socketAddress(address: string, port: number, device: string | undefined): Buffer {
  if (isIPv4(address)) {
    const buffer = Buffer.alloc(16);
    buffer.writeUInt16LE(AF_INET);
    buffer.writeUInt16BE(port, 2);
    Buffer.from(address.split('.').map(Number)).copy(buffer, 4);
    return buffer;
  }
  const buffer = Buffer.alloc(28);
  buffer.writeUInt16LE(AF_INET6);
  buffer.writeUInt16BE(port, 2);
  octets(address).copy(buffer, 8);
  if (address.startsWith('fe80')) buffer.writeUInt32LE(ifNameToIndex(device ?? ''), 24);
  return buffer;
}

export interface SocketOptions {
  readonly kind?: 'udp' | 'tcp';
  /** Binds the socket to this device. */
  readonly device?: string;
  /** The zone of a link-local address, where the socket is not bound to the device. */
  readonly zone?: string;
  readonly mark?: number;
}

export class ClientSocket {
  readonly #descriptor: number;

  /** Connects to a server. Throws when that fails. */
  constructor(address: string, port: number, { kind = 'udp', device, zone, mark }: SocketOptions = {}) {
    const type = (kind === 'udp' ? 2 : 1) | SOCK_CLOEXEC;
    this.#descriptor = socket(isIPv4(address) ? AF_INET : AF_INET6, type, 0) as number;
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(500_000n, 8);
    setsockopt(this.#descriptor, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.length);
    if (device !== undefined)
      setsockopt(this.#descriptor, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(device), device.length);
    if (mark !== undefined) {
      const value = Buffer.alloc(4);
      value.writeUInt32LE(mark);
      setsockopt(this.#descriptor, SOL_SOCKET, SO_MARK, value, value.length);
    }
    const target = socketAddress(address, port, device ?? zone);
    if (connect(this.#descriptor, target, target.length) !== 0) throw new Error(`Cannot connect to ${address}`);
  }

  /** Sends a word and returns what comes back within half a second: `silence` if nothing, `error` if the socket has one. */
  ask(): string {
    if (Number(send(this.#descriptor, Buffer.from('who?'), 4, MSG_NOSIGNAL)) < 0) return 'error';
    const answer = Buffer.alloc(64);
    const length = Number(recv(this.#descriptor, answer, answer.length, 0));
    if (length < 0) return koffi.errno() === koffi.os.errno.EAGAIN ? 'silence' : 'error';
    return answer.toString('latin1', 0, length);
  }

  close(): void {
    close(this.#descriptor);
  }
}
