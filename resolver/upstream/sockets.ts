/**
 * How sockets to upstreams are made: the agent hands that in, and marks them and ties them to a device, so that our own
 * questions are not caught again.
 */
import type { SocketOptions, Socket as UdpSocket } from 'node:dgram';
import type { Socket as TcpSocket } from 'node:net';
import type { Upstream } from './upstream.ts';

export interface UpstreamSockets {
  /** A socket of its own for one question, on a random port and connected: only the upstream can send to it (D1). */
  udp(upstream: Upstream): Promise<UdpSocket>;
  /** A connection under way or made; it fails through its `error` event. */
  tcp(upstream: Upstream): Promise<TcpSocket>;
}

/**
 * What sockets take for the look-up of a name: everything is an address already. Node's own would answer in a later
 * turn; measured, that and the promises around it cost as much as the system calls.
 */
export const isAddress: NonNullable<SocketOptions['lookup']> = (address, family, done) => {
  done(null, address, Number(family));
};

/** Connects a socket; closes it when it cannot be. */
export function connected(socket: UdpSocket, { address, port }: Upstream): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const done = (cause?: unknown): void => {
      socket.off('error', done);
      if (cause === undefined) {
        resolve(socket);
        return;
      }
      socket.close();
      reject(new Error(`Cannot reach the upstream ${address}`, { cause }));
    };
    // What cannot be bound says so as an event; what cannot be connected says so to its callback.
    socket.once('error', done);
    socket.connect(port, address, done);
  });
}
