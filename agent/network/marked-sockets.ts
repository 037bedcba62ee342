/**
 * Sockets for the resolver's own questions: marked, so that the rule that catches questions lets them pass, and bound
 * to the device the question was caught on, so that split DNS keeps its answers apart (SO_MARK and SO_BINDTODEVICE,
 * socket(7)). The descriptor is made here and handed to Node, which has no name for either option.
 */
import dgram from 'node:dgram';
import net from 'node:net';
import { connected, isAddress, type UpstreamSockets } from '../../resolver/upstream/sockets.ts';
import type { Upstream } from '../../resolver/upstream/upstream.ts';
import { failure, flag, libc } from '../data-plane/libc.ts';

/** From the Linux headers. */
const domain = { 4: 2, 6: 10 } as const;
const kind = { STREAM: 1, DGRAM: 2 } as const;
const socketOption = { SOL_SOCKET: 1, SO_REUSEADDR: 2, SO_BINDTODEVICE: 25, SO_MARK: 36 } as const;

const ZERO = new Uint8Array(4);

function familyOf(address: string): 4 | 6 {
  return net.isIPv6(address) ? 6 : 4;
}

function setOption(fd: number, option: number, value: Uint8Array, what: string): void {
  if (libc.setsockopt(fd, socketOption.SOL_SOCKET, option, value, value.length) < 0) throw failure(what);
}

/**
 * A descriptor of a marked socket; the caller owns it. It has no port yet: the kernel draws one when it is connected,
 * so that at no time anybody but the upstream can send to it (D1).
 */
function markedSocket(upstream: Upstream, type: number, mark: number): number {
  const fd = libc.socket(domain[familyOf(upstream.address)], type | flag.CLOEXEC | flag.NONBLOCK, 0);
  if (fd < 0) throw failure('create a socket');
  try {
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, mark, true);
    setOption(fd, socketOption.SO_MARK, value, 'mark a socket');
    if (upstream.device !== undefined && upstream.device !== '') {
      const name = new TextEncoder().encode(`${upstream.device}\0`);
      setOption(fd, socketOption.SO_BINDTODEVICE, name, `bind a socket to ${upstream.device}`);
    }
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Upstream sockets that carry `mark` and stay on their upstream's device. Needs CAP_NET_ADMIN. */
export function markedSockets(mark: number): UpstreamSockets {
  return {
    async udp(upstream) {
      const type = familyOf(upstream.address) === 6 ? 'udp6' : 'udp4';
      const socket = dgram.createSocket({ type, lookup: isAddress });
      try {
        const fd = markedSocket(upstream, kind.DGRAM, mark);
        // With a descriptor, `listening` is emitted before `bind` returns.
        socket.bind({ fd });
        // libuv sets it on every descriptor it is given. Two questions would now and then have the same port, and one of them
        // no answer (measured: with 64 under way, one in a thousand); and other programs could listen there too (D1).
        setOption(fd, socketOption.SO_REUSEADDR, ZERO, 'have a port for one socket');
      } catch (cause) {
        socket.close();
        throw new Error(`Cannot reach the upstream ${upstream.address}`, { cause });
      }
      return connected(socket, upstream);
    },
    async tcp(upstream) {
      const socket = new net.Socket({ fd: markedSocket(upstream, kind.STREAM, mark) });
      // An unreachable upstream fails before the caller has the socket; an error that nobody hears ends the process.
      socket.on('error', () => {});
      socket.setNoDelay(true);
      socket.connect({ host: upstream.address, port: upstream.port });
      return socket;
    },
  };
}
