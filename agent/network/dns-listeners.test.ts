import dgram from 'node:dgram';
import { once } from 'node:events';
import test from 'ava';
import { DnsListeners } from './dns-listeners.ts';

const mayListen = process.geteuid?.() === 0;

async function listen(port: number, address: string): Promise<dgram.Socket> {
  const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

test.serial('who comes to listen on port 53 and who goes is noticed, once; other ports are not', async (t) => {
  const listeners = new DnsListeners();
  t.false(listeners.haveChanged());
  const other = await listen(0, '127.0.0.1');
  t.false(listeners.haveChanged());
  for (const address of mayListen ? ['127.0.0.153', '::1'] : []) {
    const socket = await listen(53, address);
    t.true(listeners.haveChanged(), address);
    t.false(listeners.haveChanged(), address);
    socket.close();
    t.true(listeners.haveChanged(), address);
  }
  other.close();
  t.false(listeners.haveChanged());
  listeners.close();
});
