/** The Echo Protocol over UDP and TCP (RFC 862): what one sends comes back. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

/** Serves on all IPv6 addresses. Resolves when both sockets are open. */
export async function serveEcho(port: number): Promise<void> {
  const udp = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  udp.on('message', (message, peer) => udp.send(message, peer.port, peer.address));
  udp.bind(port, '::');
  const tcp = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  tcp.listen({ port, host: '::', ipv6Only: true });
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
}
