/**
 * `ask-new-names.ts ZONE ADDRESS…`: asks these DNS servers for the A record of a name that nobody has asked for before, each
 * of another one every 25 ms and from another port, as programs do: `1.ZONE`, `2.ZONE`. What is answered is nobody's concern here.
 */
import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import { encode } from 'dns-packet';

const EVERY_MILLISECONDS = 25;
const PATIENCE_MILLISECONDS = 1000;

const [zone = '', ...servers] = process.argv.slice(2);
let asked = 0;

function ask(server: string): void {
  const socket = dgram.createSocket(isIPv6(server) ? 'udp6' : 'udp4');
  // While nobody listens there, the host says so.
  socket.on('error', () => {});
  const questions = [{ type: 'A' as const, name: `${++asked}.${zone}` }];
  socket.send(encode({ type: 'query', id: asked & 0xffff, flags: 0x100, questions }), 53, server, () => {});
  setTimeout(() => socket.close(), PATIENCE_MILLISECONDS);
}

setInterval(() => servers.forEach(ask), EVERY_MILLISECONDS);
console.log('asking');
