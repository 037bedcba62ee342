/**
 * `ask.ts udp|tcp SERVER HEX...`: sends DNS messages as they are, one after the other, and prints each answer as it is,
 * in hexadecimal. What `dig` shows has been read and written again; this is what came.
 */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

const PORT = 53;

async function askUdp(server: string, message: Buffer): Promise<Buffer> {
  const socket = dgram.createSocket(server.includes(':') ? 'udp6' : 'udp4');
  socket.send(message, PORT, server);
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return answer;
}

/** Behind two octets of length, both ways (RFC 1035 §4.2.2). */
async function askTcp(server: string, message: Buffer): Promise<Buffer> {
  const socket = net.connect({ host: server, port: PORT });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message]));
  let answer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    answer = Buffer.concat([answer, chunk]);
    if (answer.length >= 2 && answer.length >= 2 + answer.readUInt16BE(0)) break;
  }
  return answer.subarray(2);
}

const [transport, server = '', ...questions] = process.argv.slice(2);
const ask = transport === 'tcp' ? askTcp : askUdp;
for (const question of questions) console.log((await ask(server, Buffer.from(question, 'hex'))).toString('hex'));
