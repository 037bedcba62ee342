/** What needs no privileges: how a device is asked for, of a kernel that is made up, and packets through a pipe. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { gso, Offload, PacketBuffer } from '../../translator/packet-buffer.ts';
import { LinuxTunQueue, openTun, type TunCalls } from './tun-linux.ts';
import { VIRTIO_NET_HEADER_SIZE, writeVirtioNetHeader } from './virtio-net-header.ts';

const SET_IFF = 0x400454ca;
const SET_OFFLOAD = 0x400454d0;

/** A kernel that keeps notes; it refuses what it is told to. */
function madeUp({ refusedOffloads = 0, mostQueues = 99, takesOffloads = true } = {}) {
  const notes = {
    open: [] as number[],
    names: [] as string[],
    flags: [] as number[],
    offloads: [] as number[],
    steered: [] as number[],
  };
  let queues = 0;
  const calls: TunCalls = {
    open: () => {
      const fd = 100 + queues;
      notes.open.push(fd);
      return fd;
    },
    close: (fd) => {
      notes.open.splice(notes.open.indexOf(fd), 1);
      return 0;
    },
    ioctl: (_fd, request, argument) => {
      if (request !== SET_IFF) return 0;
      notes.names.push(new TextDecoder().decode(argument.subarray(0, 16)).replace(/\0.*$/, ''));
      notes.flags.push(new DataView(argument.buffer).getUint16(16, true));
      return ++queues > mostQueues ? -1 : 0;
    },
    ioctlNumber: (_fd, request, bits) => {
      if (request === SET_OFFLOAD) notes.offloads.push(bits);
      return takesOffloads && (bits & refusedOffloads) === 0 ? 0 : -1;
    },
    steer: (fd) => {
      notes.steered.push(fd);
      return 99;
    },
  };
  return { calls, notes };
}

test('all offloads are asked for at once', (t) => {
  const { calls, notes } = madeUp();
  const tun = openTun('bis0', 1, calls);
  t.deepEqual(tun, {
    name: 'bis0',
    queues: [100],
    offloads: ['checksum', 'tso4', 'tso6', 'tso-ecn', 'uso4', 'uso6'],
    board: -1,
  });
  t.deepEqual(notes.names, ['bis0']);
  const wanted = 0x0001 | 0x1000 | 0x4000 | 0x8000;
  t.deepEqual(notes.flags, [wanted], 'IFF_TUN, IFF_NO_PI, IFF_VNET_HDR, IFF_TUN_EXCL, and not persistent');
  t.deepEqual(notes.offloads, [0x6f]);
  t.deepEqual(notes.steered, [], 'there is nothing to choose');
});

test('a kernel that refuses is asked for less, step by step, down to nothing', (t) => {
  for (const [refusedOffloads, asked, granted] of [
    [0x20, [0x6f, 0x0f], 'checksum tso4 tso6 tso-ecn'],
    [0x28, [0x6f, 0x0f, 0x07], 'checksum tso4 tso6'],
    [0x02, [0x6f, 0x0f, 0x07, 0x01], 'checksum'],
    [0x01, [0x6f, 0x0f, 0x07, 0x01, 0x00], ''],
  ] as const) {
    const { calls, notes } = madeUp({ refusedOffloads });
    t.is(openTun('bis0', 1, calls).offloads.join(' '), granted);
    t.deepEqual(notes.offloads, [...asked]);
  }
});

test('a kernel that refuses even plain packets is an error, and nothing stays open', (t) => {
  const { calls, notes } = madeUp({ takesOffloads: false });
  t.throws(() => openTun('bis0', 1, calls), { message: /^Cannot set the offloads of bis0/ });
  t.deepEqual(notes.open, []);
});

test('several queues say so; when one cannot be made, none is left', (t) => {
  const good = madeUp();
  t.like(openTun('bis0', 3, good.calls), { queues: [100, 101, 102], board: 99 });
  t.deepEqual(good.notes.steered, [100], 'the device is told once how to choose among them');
  for (const flags of good.notes.flags) t.true((flags & 0x0100) !== 0);
  const bad = madeUp({ mostQueues: 2 });
  t.throws(() => openTun('bis0', 3, bad.calls), { message: /^Cannot create bis0/ });
  t.deepEqual(bad.notes.open, []);
});

test('a name that is too long is cut, never written past', (t) => {
  const { calls, notes } = madeUp();
  openTun('abcdefghijklmnopqrstuvwxyz', 1, calls);
  t.deepEqual(notes.names, ['abcdefghijklmno']);
});

test('where there is no TUN device, the error says so', (t) => {
  const { calls } = madeUp();
  t.throws(() => openTun('bis0', 1, { ...calls, open: () => -1 }), { message: /^Cannot open \/dev\/net\/tun/ });
});

const folder = mkdtempSync(path.join(tmpdir(), 'bis-tun-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** A pipe that never waits; what is written to it is read from it. */
function pipe(name: string): number {
  const file = path.join(folder, name);
  execFileSync('mkfifo', [file]);
  return openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
}

const segmented = Object.assign(new Offload(), {
  needsChecksum: true,
  gsoType: gso.TCPV6,
  headerLength: 60,
  gsoSize: 1400,
  checksumStart: 40,
  checksumOffset: 16,
});

test('a packet is read behind its device header', (t) => {
  const fd = pipe('read');
  const device = new LinuxTunQueue(fd);
  const packet = new PacketBuffer();
  t.false(device.read(packet), 'there is none yet');
  const octets = new Uint8Array(VIRTIO_NET_HEADER_SIZE + 3);
  writeVirtioNetHeader(new DataView(octets.buffer), 0, segmented);
  octets.set([7, 8, 9], VIRTIO_NET_HEADER_SIZE);
  writeSync(fd, octets);
  t.true(device.read(packet));
  t.deepEqual([...packet.bytes.subarray(packet.start, packet.start + packet.length)], [7, 8, 9]);
  t.deepEqual(packet.offload, segmented);
  writeSync(fd, octets.subarray(0, VIRTIO_NET_HEADER_SIZE));
  t.false(device.read(packet), 'a device header alone is no packet');
  closeSync(fd);
  t.false(device.read(packet), 'a closed descriptor has none');
});

test('headers and payload are written as one packet behind a device header, piece by piece', (t) => {
  const fd = pipe('write');
  const device = new LinuxTunQueue(fd);
  const [headers, payload] = [new HeaderBuffer(), new PacketBuffer()];
  payload.bytes.set([1, 2, 3, 4, 5, 6, 7, 8], 1000);
  const expected = new Uint8Array(VIRTIO_NET_HEADER_SIZE);
  for (const [piece, from, length] of [
    [0, 1000, 5],
    [1, 1005, 3],
    [2, 0, 0],
  ] as const) {
    headers.bytes.set([0xaa, 0xbb, piece], headers.headerStart[piece] ?? 0);
    headers.headerLength[piece] = 3;
    headers.payloadStart[piece] = from;
    headers.payloadLength[piece] = length;
    Object.assign(headers.offload, piece === 0 ? segmented : new Offload());
    t.true(device.write(headers, piece, payload));
    const got = new Uint8Array(64);
    const read = readSync(fd, got);
    writeVirtioNetHeader(new DataView(expected.buffer), 0, headers.offload);
    t.deepEqual(
      [...got.subarray(0, read)],
      [...expected, 0xaa, 0xbb, piece, ...payload.bytes.subarray(from, from + length)],
    );
  }
  closeSync(fd);
  t.false(device.write(headers, 0, payload), 'a closed descriptor takes nothing');
});

test('other buffers than the last are written as themselves', (t) => {
  const fd = pipe('buffers');
  const device = new LinuxTunQueue(fd);
  const got = new Uint8Array(64);
  for (const value of [1, 2, 1]) {
    const [headers, payload] = [new HeaderBuffer(), new PacketBuffer()];
    headers.bytes[headers.headerStart[0] ?? 0] = value;
    headers.headerLength[0] = 1;
    payload.bytes[0] = value + 100;
    headers.payloadLength[0] = 1;
    t.true(device.write(headers, 0, payload));
    t.is(readSync(fd, got), VIRTIO_NET_HEADER_SIZE + 2);
    t.deepEqual([...got.subarray(VIRTIO_NET_HEADER_SIZE, VIRTIO_NET_HEADER_SIZE + 2)], [value, value + 100]);
  }
  closeSync(fd);
});
