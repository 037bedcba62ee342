/**
 * Asks a server one word over a marked socket and prints what it answers, or why there is none: `ask-marked.ts udp|tcp
 * ADDRESS MARK`. In a process of its own, because zones are those of the namespace a process is in. For tests only.
 */
import { once } from 'node:events';
import { markedSockets } from '../marked-sockets.ts';

const [transport, address = '', mark] = process.argv.slice(2);
const sockets = markedSockets(Number(mark));
const signal = AbortSignal.timeout(3000);

async function ask(): Promise<string> {
  const upstream = { address, port: 53 };
  if (transport === 'udp') {
    const socket = await sockets.udp(upstream);
    socket.send('who?');
    return String(await once(socket, 'message', { signal }).finally(() => socket.close()));
  }
  const socket = await sockets.tcp(upstream);
  socket.write('who?');
  return String(await once(socket, 'data', { signal }).finally(() => socket.destroy()));
}

console.log(await ask().catch((error: unknown) => String(error)));
