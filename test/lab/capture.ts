/**
 * `capture.ts DEVICE`: every packet that passes a TUN device, in order, as a line of hexadecimal: the header that says
 * what work is left undone (`virtio_net_hdr`), then the packet (packet(7), PACKET_VNET_HDR). Says `ready` when it
 * begins, and ends when it is killed.
 */
import fs from 'node:fs';
import { libc } from '../../agent/data-plane/libc.ts';
import { VIRTIO_NET_HEADER_SIZE } from '../../agent/data-plane/virtio-net-header.ts';
import { PACKET_BUFFER_SIZE } from '../../translator/packet-buffer.ts';

/** From <bits/socket.h>, <linux/if_packet.h> and <linux/if_ether.h>. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_VNET_HDR = 15;
const ETH_P_ALL_NETWORK_ORDER = 0x0300;

const device = process.argv[2] ?? '';
const index = Number(fs.readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8'));

// struct sockaddr_ll: family, protocol (network order), device; the rest is for sending.
const address = Buffer.alloc(20);
address.writeUInt16LE(AF_PACKET, 0);
address.writeUInt16LE(ETH_P_ALL_NETWORK_ORDER, 2);
address.writeInt32LE(index, 4);
const one = Buffer.from([1, 0, 0, 0]);

const fd = libc.socket(AF_PACKET, SOCK_RAW, 0);
const isListening =
  libc.setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, one, one.length) === 0 &&
  libc.bind(fd, address, address.length) === 0;
if (!isListening) throw new Error(`Cannot listen to ${device}`);
fs.writeSync(1, 'ready\n');
const packet = Buffer.alloc(VIRTIO_NET_HEADER_SIZE + PACKET_BUFFER_SIZE);
for (;;) {
  const length = Number(libc.read(fd, packet, packet.length));
  if (length <= 0) break;
  fs.writeSync(1, `${packet.toString('hex', 0, length)}\n`);
}
