/**
 * Asks a DNS server for the A records of many names, so many each second, and prints every answer the moment it is
 * there: `NAME ADDRESS`, one line. `ask-many.ts SERVER QUESTIONS-PER-SECOND NAMES`. With the number of a FIRST name behind
 * that, names from there on are asked for once each, and errors are printed too, with the reason given (RFC 8914).
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { decode, encode, type OptAnswer } from 'dns-packet';

const [server = '', perSecond = '', names = '', first] = process.argv.slice(2);
/** The option code of an extended error, and RCODE 2 (RFC 8914 §2, RFC 1035 §4.1.1). */
const EXTENDED_ERROR = 15;
const SERVFAIL = 2;
const socket = createSocket('udp6');
socket.on('message', (message) => {
  const { answers = [], additionals = [], questions } = decode(message);
  for (const answer of answers) if (answer.type === 'A') writeSync(1, `${answer.name} ${answer.data}\n`);
  if (first === undefined || ((message[3] ?? 0) & 0x0f) !== SERVFAIL) return;
  const options = additionals.flatMap((record) => (record.type === 'OPT' ? record.options : []));
  const reason = options.find(({ code }) => (code as number) === EXTENDED_ERROR) as { data?: Buffer } | undefined;
  writeSync(1, `${questions?.[0]?.name} SERVFAIL ${reason?.data?.subarray(2).toString() ?? 'without a reason'}\n`);
});
// While nobody catches the questions there may be nobody at all who answers.
socket.on('error', () => {});

// Connected, so that it is no socket that listens.
socket.connect(53, server);
await once(socket, 'connect');

/** EDNS, without which no reason is given (RFC 6891). */
const opt: OptAnswer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};
const began = performance.now();
let asked = 0;
setInterval(() => {
  const most = first === undefined ? Number.POSITIVE_INFINITY : Number(names);
  const due = Math.min(most, ((performance.now() - began) / 1000) * Number(perSecond));
  for (; asked < due; asked++) {
    const name = `peer${Number(first ?? 0) + (asked % Number(names))}.example`;
    const additionals = first === undefined ? [] : [opt];
    const questions = [{ type: 'A' as const, name }];
    socket.send(encode({ type: 'query', id: asked & 0xffff, flags: 0x100, questions, additionals }), () => {});
  }
}, 5);
