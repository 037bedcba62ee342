/**
 * `capture.ts DEVICE`: every packet that passes a device, as a line of hexadecimal from the IP header on, in order and
 * as it is on the device, offloads included (packet(7)). Says `ready` when it begins, and ends when it is killed.
 */
import fs from 'node:fs';
import koffi from 'koffi';

/** From <linux/if_ether.h>, <bits/socket.h>. */
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const ETH_P_ALL_NETWORK_ORDER = 0x0300;

/** Octets kept of a packet: all headers, and enough of the payload. */
const SNAP_LENGTH = 256;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
const recv = libc.func('intptr_t recv(int fd, void *buffer, size_t length, int flags)');
const if_nametoindex = libc.func('uint32_t if_nametoindex(const char *name)');

const device = process.argv[2] ?? '';
const index: number = if_nametoindex(device);
if (index === 0) throw new Error(`No device is called ${device}`);

// struct sockaddr_ll: family, protocol (network order), device; the rest is for sending.
const address = new DataView(new ArrayBuffer(20));
address.setUint16(0, AF_PACKET, true);
address.setUint16(2, ETH_P_ALL_NETWORK_ORDER, true);
address.setInt32(4, index, true);

const fd: number = socket(AF_PACKET, SOCK_DGRAM, 0);
if (fd < 0 || bind(fd, new Uint8Array(address.buffer), address.byteLength) !== 0) {
  throw new Error(`Cannot listen to ${device}`);
}
fs.writeSync(1, 'ready\n');
const packet = Buffer.alloc(SNAP_LENGTH);
for (;;) {
  const length = Number(recv(fd, packet, packet.length, 0));
  if (length <= 0) break;
  fs.writeSync(1, `${packet.toString('hex', 0, length)}\n`);
}
