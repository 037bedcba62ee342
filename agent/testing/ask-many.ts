/**
 * Asks a DNS server for the A records of many names, so many each second, and prints every answer the moment it is
 * there: `NAME ADDRESS`, one line. `ask-many.ts SERVER QUESTIONS-PER-SECOND NAMES`
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { decode, encode } from 'dns-packet';

const [server = '', perSecond = '', names = ''] = process.argv.slice(2);
const socket = createSocket('udp6');
socket.on('message', (message) => {
  for (const answer of decode(message).answers ?? []) {
    if (answer.type === 'A') writeSync(1, `${answer.name} ${answer.data}\n`);
  }
});
// While nobody catches the questions there may be nobody at all who answers.
socket.on('error', () => {});

// Connected, so that it is no socket that listens.
socket.connect(53, server);
await once(socket, 'connect');

const began = performance.now();
let asked = 0;
setInterval(() => {
  const due = ((performance.now() - began) / 1000) * Number(perSecond);
  for (; asked < due; asked++) {
    const name = `peer${asked % Number(names)}.example`;
    const questions = [{ type: 'A' as const, name }];
    socket.send(encode({ type: 'query', id: asked & 0xffff, flags: 0x100, questions }), () => {});
  }
}, 5);
