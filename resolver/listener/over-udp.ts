/** Questions and answers as datagrams (RFC 1035 §4.2.1). */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Resolver } from '../resolver.ts';
import { isAddress } from '../upstream/sockets.ts';
import type { Upstream } from '../upstream/upstream.ts';

export interface ServingParts {
  readonly resolver: Pick<Resolver, 'answer'>;
  /** Whether a source address is answered at all. */
  readonly accept: (source: string) => boolean;
  readonly upstreams: () => readonly Upstream[];
}

/** A bound socket; rejects when the address or port cannot be had. */
export async function bindUdp(address: string, port: number): Promise<Socket> {
  const socket = isIPv6(address)
    ? createSocket({ type: 'udp6', ipv6Only: true, lookup: isAddress })
    : createSocket({ type: 'udp4', lookup: isAddress });
  try {
    // Emitted before `bind` returns, because no address has to be looked up.
    const listening = once(socket, 'listening');
    socket.bind({ address, port, exclusive: true });
    await listening;
    return socket;
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

/** Answers what arrives on `socket` until it is closed. */
export function serveUdp(socket: Socket, { resolver, accept, upstreams }: ServingParts): void {
  let isOpen = true;
  socket.on('close', () => {
    isOpen = false;
  });
  // An answer that could not be sent (the asker's port is closed) is the asker's loss, not ours.
  socket.on('error', () => {});
  socket.on('message', (message, { address, port }) => {
    if (!accept(address)) return;
    const arrival = { protocol: 'udp', source: { address, port }, upstreams: upstreams() } as const;
    void resolver.answer(message, arrival).then((answer) => {
      if (answer !== undefined && isOpen) socket.send(answer, port, address, () => {});
    });
  });
}
