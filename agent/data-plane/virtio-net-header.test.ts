import test from 'ava';
import fc from 'fast-check';
import { gso, Offload } from '../../translator/packet-buffer.ts';
import { readVirtioNetHeader, VIRTIO_NET_HEADER_SIZE, writeVirtioNetHeader } from './virtio-net-header.ts';

/** An octet on either side shows writing outside. */
function written(offload: Offload): Uint8Array {
  const octets = new Uint8Array(VIRTIO_NET_HEADER_SIZE + 2).fill(0xa5);
  writeVirtioNetHeader(new DataView(octets.buffer), 1, offload);
  return octets;
}

/** `octets` as a header at offset 1. */
function read(octets: Uint8Array): Offload {
  const offload = new Offload();
  readVirtioNetHeader(new DataView(octets.buffer), 1, offload);
  return offload;
}

/** 16-bit numbers as the machine has them in memory. */
const native = (...numbers: number[]): number[] => [...new Uint8Array(new Uint16Array(numbers).buffer)];

test('virtio 1.2 §5.1.6: a segmented TCP packet, octet by octet', (t) => {
  const offload = Object.assign(new Offload(), {
    needsChecksum: true,
    gsoType: gso.TCPV6,
    ecn: true,
    headerLength: 72,
    gsoSize: 1408,
    checksumStart: 40,
    checksumOffset: 16,
  });
  t.deepEqual([...written(offload)], [0xa5, 1, 0x84, ...native(72, 1408, 40, 16), 0xa5]);
});

test('virtio 1.2 §5.1.6: nothing left to do is ten zeros', (t) => {
  t.deepEqual([...written(new Offload())], [0xa5, ...new Array<number>(10).fill(0), 0xa5]);
});

test('flags of a received packet that say something else are not taken for a partial checksum', (t) => {
  const DATA_VALID = 2;
  t.false(read(new Uint8Array([0, DATA_VALID, 0, ...native(0, 0, 0, 0), 0])).needsChecksum);
  t.true(read(new Uint8Array([0, DATA_VALID | 1, 0, ...native(0, 0, 34, 6), 0])).needsChecksum);
});

test('what was written is read back', (t) => {
  const word = fc.integer({ min: 0, max: 0xffff });
  const state = fc.record({
    needsChecksum: fc.boolean(),
    gsoType: fc.integer({ min: 0, max: 0x7f }),
    ecn: fc.boolean(),
    headerLength: word,
    gsoSize: word,
    checksumStart: word,
    checksumOffset: word,
  });
  fc.assert(
    fc.property(state, (fields) => {
      const offload = Object.assign(new Offload(), fields);
      t.deepEqual(read(written(offload)), offload);
    }),
  );
});
