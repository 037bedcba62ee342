/**
 * `asked-server.ts ADDRESS…`: a DNS server at each of these IPv6 addresses that prints what it is asked the moment it is:
 * `MILLISECONDS ADDRESS NAME TYPE`, milliseconds since 1970. Every name has an AAAA record, and no other. Says `ready`.
 */
import dgram from 'node:dgram';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { decode, encode } from 'dns-packet';

const PEER = '2001:db8:6::2';

for (const address of process.argv.slice(2)) {
  const socket = dgram.createSocket('udp6');
  socket.on('message', (message, peer) => {
    const { id = 0, questions = [] } = decode(message);
    const [question] = questions;
    if (question === undefined) return;
    writeSync(1, `${Date.now()} ${address} ${question.name} ${question.type}\n`);
    const answers =
      question.type === 'AAAA' ? [{ type: 'AAAA' as const, name: question.name, ttl: 300, data: PEER }] : [];
    socket.send(encode({ type: 'response', id, flags: 0x0180, questions, answers }), peer.port, peer.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
}
console.log('ready');
