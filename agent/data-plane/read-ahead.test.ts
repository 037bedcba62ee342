import test from 'ava';
import { MOST_AHEAD } from '../../mapper/table-ahead.ts';
import { parsePacket } from '../../translator/packet-text.ts';
import { from4, from6, MONDAY, type PumpScene, pumpScene } from './fixture/pump-scene.ts';
import type { TunDevice } from './tun-device.ts';

/** Mappings that a table is made for. */
const LARGE = 100_000;
const SHORT = `${from4} ttl=64 df | UDP 1 > 2 | [100]`;
const LONG = `${from4} ttl=64 df | TCP 1 > 2 ACK partial gso=1400 headers=54 | [60000]`;

/** A scene, and what its pump asks of the device: `r` for each packet that it read, `w` for each that it wrote. */
function watchedScene(expected?: number): { scene: PumpScene; steps: () => string } {
  let steps = '';
  const watch = (device: TunDevice): TunDevice => ({
    read(packet) {
      const isThere = device.read(packet);
      if (isThere) steps += 'r';
      return isThere;
    },
    write(headers, piece, payload) {
      steps += 'w';
      return device.write(headers, piece, payload);
    },
    flush: () => device.flush(),
  });
  const scene = pumpScene({}, {}, watch, expected);
  return { scene, steps: () => steps };
}

function stepsOf(lines: readonly string[], expected?: number, limit = 256): string {
  const { scene, steps } = watchedScene(expected);
  for (const { octets, offload } of lines.map(parsePacket)) scene.device.put(octets, offload);
  scene.pump.drain(limit, MONDAY);
  return steps();
}

const eight = 'r'.repeat(MOST_AHEAD) + 'w'.repeat(MOST_AHEAD);

test('the first packet is handled at once, and the others are read some at a time', (t) => {
  const lines = new Array<string>(1 + MOST_AHEAD + 2).fill(SHORT);
  t.is(stepsOf(lines, LARGE), `rw${eight}rrww`);
});

test('no packet is read before the one before it was handled where the table is small', (t) => {
  t.is(stepsOf(new Array<string>(20).fill(SHORT)), 'rw'.repeat(20));
});

test('no packet is read behind a long one before that was handled', (t) => {
  t.is(stepsOf([SHORT, SHORT, LONG, SHORT, LONG, LONG], LARGE), 'rwrrwwrrwwrw');
});

test('no packet is read that is beyond the limit', (t) => {
  t.is(stepsOf(new Array<string>(20).fill(SHORT), LARGE, 4), 'rwrrrwww');
});

test('what is read ahead becomes what it would have become alone', (t) => {
  const ping = `${from4} ttl=64 id=9`;
  const lines = [
    SHORT,
    `${from6} hlim=64 | UDP 1 > 2 | "back"`,
    'IPv6 2001:db8::77 > fd00::ac15:7001 | UDP 1 > 2',
    'IPv4 172.21.112.1 > 192.0.2.7 | UDP 1 > 2',
    `${from4} ttl=1 | UDP 1 > 2`,
    `${ping} offset=1480 | protocol 1 | [8]`,
    LONG,
    `${ping} mf | protocol 1 | 0x0800f7fc00010002${'00'.repeat(1472)}`,
    `${from4} ttl=64 id=7 | UDP 1 > 2 | [3000]`,
    `${from6} hlim=64 | TCP 1 > 2 ACK partial gso=1400 headers=74 | [9000]`,
    `${from6} hlim=64 | ICMPv6 echo id=1 seq=2 | [56]`,
    'IPv6 fe80::1 > ff02::2 hlim=255 | ICMPv6 133 | 0x00000000',
  ];
  // Every packet is once at every place among those that are read together.
  for (let turn = 0; turn < lines.length; turn++) {
    const turned = [...lines.slice(turn), ...lines.slice(0, turn)];
    const [alone, together] = [pumpScene(), pumpScene({}, {}, undefined, LARGE)];
    t.deepEqual(together.through(turned), alone.through(turned));
    t.deepEqual(together.fourToSix(), alone.fourToSix());
    t.deepEqual(together.sixToFour(), alone.sixToFour());
    t.is(alone.sixToFour().packets, 3);
  }
});

test('octets that are no packet are read ahead as others are, of any length and version', (t) => {
  const { scene } = watchedScene(LARGE);
  for (const version of [0, 4, 5, 6, 15]) {
    for (let length = 1; length < 60; length++) {
      const octets = new Uint8Array(length).fill(0xff);
      octets[0] = version << 4;
      scene.device.put(octets);
    }
  }
  t.is(scene.pump.drain(1000, MONDAY), 5 * 59);
  t.is(scene.sixToFour().verdicts['dropped-malformed'], 59);
  t.is(scene.fourToSix().verdicts['dropped-malformed'], 4 * 59);
});
