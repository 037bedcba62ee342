/**
 * How sockets to upstreams are made. The agent hands in one that marks them and ties them to a device, so that our own
 * questions are not caught again; the plain one here serves where nothing is caught.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6, type Socket as TcpSocket } from 'node:net';
import type { Upstream } from './upstream.ts';

export interface UpstreamSockets {
  /** A socket of its own for one question, on a random port and connected: only the upstream can send to it (D1). */
  udp(upstream: Upstream): Promise<UdpSocket>;
  /** A connection under way or made; it fails through its `error` event. */
  tcp(upstream: Upstream): Promise<TcpSocket>;
}

/** Sockets without mark or device. The kernel draws the port when an unbound socket is connected. */
export const plainSockets: UpstreamSockets = {
  async udp(upstream) {
    const socket = createSocket(isIPv6(upstream.address) ? 'udp6' : 'udp4');
    try {
      socket.connect(upstream.port, upstream.address);
      await once(socket, 'connect');
      return socket;
    } catch (cause) {
      socket.close();
      throw new Error(`Cannot reach the upstream ${upstream.address}`, { cause });
    }
  },
  async tcp(upstream) {
    return connect({ host: upstream.address, port: upstream.port, noDelay: true });
  },
};
