/** Packets as they pass a TUN device: those of a translator are on it twice, before and after (RFC 2767 §2.1). */
import { readVirtioNetHeader, VIRTIO_NET_HEADER_SIZE } from '../../agent/data-plane/virtio-net-header.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import type { LabHost } from './lab-host.ts';
import { nodeCommand } from './tools.ts';

/** Reads a line that `capture.ts` wrote. */
function packetFrom(line: string): PacketBuffer {
  const packet = new PacketBuffer(Buffer.from(line, 'hex'));
  readVirtioNetHeader(packet.view, 0, packet.offload);
  packet.start = VIRTIO_NET_HEADER_SIZE;
  packet.length = packet.bytes.length - packet.start;
  return packet;
}

/** Returns the packets that passed the TUN device `device` of `host` while `act` ran, in order. */
export async function packetsDuring(
  host: LabHost,
  device: string,
  act: () => Promise<unknown>,
): Promise<PacketBuffer[]> {
  const capture = host.start([...nodeCommand('test/lab/capture.ts'), device]);
  await capture.says(/^ready$/m);
  await act();
  const { stdout } = await capture.stop();
  return stdout.split('\n').slice(1, -1).map(packetFrom);
}
