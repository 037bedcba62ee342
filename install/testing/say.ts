/** A server that answers whatever it is asked with one word: `say.ts WORD ADDRESS PORT`, over UDP and TCP. For tests only. */
import { createSocket } from 'node:dgram';
import { createServer, isIPv4 } from 'node:net';

const [word = '', address = '', port = ''] = process.argv.slice(2);

const datagrams = createSocket(isIPv4(address) ? 'udp4' : 'udp6');
datagrams.on('message', (_question, { port, address }) => datagrams.send(word, port, address));

const connections = createServer((connection) => {
  connection.on('error', () => {});
  connection.on('data', () => connection.write(word));
});

datagrams.bind(Number(port), address, () => connections.listen(Number(port), address, () => console.log('ready')));
