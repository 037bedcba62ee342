import test from 'ava';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { gso, Offload, PacketBuffer } from '../../translator/packet-buffer.ts';
import { MemoryTun } from './tun-memory.ts';

test('packets are read in the order they were put in, with their offload', (t) => {
  const device = new MemoryTun();
  const offload = Object.assign(new Offload(), { gsoType: gso.TCPV4, gsoSize: 1400 });
  device.put(new Uint8Array([1, 2, 3]), offload);
  device.put(new Uint8Array([4]));
  const packet = new PacketBuffer();
  t.true(device.read(packet));
  t.deepEqual([...packet.bytes.subarray(packet.start, packet.start + packet.length)], [1, 2, 3]);
  t.deepEqual(packet.offload, offload);
  t.true(device.read(packet));
  t.is(packet.length, 1);
  t.deepEqual(packet.offload, new Offload(), 'nothing of the packet before is left');
  t.false(device.read(packet));
});

test('what is written is kept as it was then, headers and payload joined', (t) => {
  const device = new MemoryTun();
  const [headers, payload] = [new HeaderBuffer(), new PacketBuffer()];
  const start = headers.headerStart[1] ?? 0;
  headers.bytes.set([1, 2], start);
  headers.headerLength[1] = 2;
  payload.bytes.set([7, 8, 9], 100);
  headers.payloadStart[1] = 101;
  headers.payloadLength[1] = 2;
  headers.offload.needsChecksum = true;
  t.true(device.write(headers, 1, payload));
  headers.bytes.fill(0);
  payload.bytes.fill(0);
  headers.offload.clear();
  t.deepEqual([...(device.written[0]?.octets ?? [])], [1, 2, 8, 9]);
  t.true(device.written[0]?.offload.needsChecksum);
  device.isFull = true;
  t.false(device.write(headers, 1, payload));
  t.is(device.written.length, 1);
});
