import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { parsePacket } from '../../translator/packet-text.ts';
import { from4, from6, MONDAY, type PumpScene, pumpScene, to4, to6 } from './fixture/pump-scene.ts';
import { MemoryTun } from './tun-memory.ts';
import { PcapTun } from './tun-pcap.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'bis-pcap-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** A pump whose device is recorded into a file; the clock stands a quarter of a millisecond past the second. */
function recorded(name: string): { scene: PumpScene; tap: PcapTun; file: string } {
  const file = path.join(folder, name);
  const tapped: PcapTun[] = [];
  const scene = pumpScene({}, {}, (device) => {
    const tap = new PcapTun(device, file, () => MONDAY + 0.25);
    tapped.push(tap);
    return tap;
  });
  const [tap] = tapped;
  if (tap === undefined) throw new Error('The device was not wrapped');
  return { scene, tap, file };
}

test('pcap-savefile(5): a header, then every packet on either side of the bump with its time', (t) => {
  const { scene, tap, file } = recorded('octets');
  scene.through(`${from4} ttl=64 df | UDP 1 > 2 | "out"`);
  scene.through(`${from6} hlim=64 | UDP 2 > 1 | "back"`);
  tap.close();
  const octets = readFileSync(file);
  t.is(octets.readUInt32LE(0), 0xa1b23c4d);
  t.is(octets.readUInt32LE(20), 101);
  let at = 24;
  for (const line of [
    `${from4} ttl=64 df | UDP 1 > 2 | "out"`,
    `${to6} hlim=63 | UDP 1 > 2 | "out"`,
    `${from6} hlim=64 | UDP 2 > 1 | "back"`,
    `${to4} ttl=63 | UDP 2 > 1 | "back"`,
  ]) {
    const packet = parsePacket(line).octets;
    t.is(octets.readUInt32LE(at), MONDAY / 1000);
    t.is(octets.readUInt32LE(at + 4), 250_000);
    t.is(octets.readUInt32LE(at + 8), packet.length);
    t.is(octets.readUInt32LE(at + 12), packet.length);
    t.deepEqual([...octets.subarray(at + 16, at + 16 + packet.length)], [...packet], line);
    at += 16 + packet.length;
  }
  t.is(at, octets.length);
  t.is(statSync(file).mode & 0o777, 0o600);
});

const reader = ['/usr/bin/tcpdump', '/usr/sbin/tcpdump'].find((file) => existsSync(file));

test('tcpdump reads what was recorded, large packets included', (t) => {
  if (reader === undefined) {
    t.pass('this machine has no tcpdump');
    return;
  }
  const { scene, tap, file } = recorded('tcpdump');
  scene.through([
    `${from4} ttl=64 | ICMPv4 echo id=1 seq=7 | [56]`,
    `${from4} df | TCP 1 > 2 ACK partial gso=1400 | [60000]`,
  ]);
  tap.close();
  const lines = execFileSync(reader, ['-nntq', '-r', file], { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n');
  t.deepEqual(lines, [
    'IP 172.21.112.1 > 10.170.160.9: ICMP echo request, id 1, seq 7, length 64',
    'IP6 fd00::ac15:7001 > 2001:db8::9: ICMP6, echo request, id 1, seq 7, length 64',
    'IP 172.21.112.1.1 > 10.170.160.9.2: tcp 60000',
    'IP6 fd00::ac15:7001.1 > 2001:db8::9.2: tcp 60000',
  ]);
});

test('what the device refuses is not recorded, and nothing is after the end', (t) => {
  const { scene, tap, file } = recorded('refused');
  scene.device.isFull = true;
  scene.through(`${from4} | UDP 1 > 2`);
  t.is(readFileSync(file).length, 24 + 16 + 28);
  scene.device.isFull = false;
  tap.close();
  t.is(scene.through(`${from4} | UDP 1 > 2`).length, 1);
  t.is(readFileSync(file).length, 24 + 16 + 28);
  tap.close();
});

test('a disk that is full ends the recording, and no packet', (t) => {
  const tap = new PcapTun(new MemoryTun(), '/dev/full');
  t.regex(tap.failure?.message ?? '', /Cannot record packets/);
  const scene = pumpScene({}, {}, (device) => new PcapTun(device, '/dev/full'));
  t.is(scene.through(`${from4} | UDP 1 > 2`).length, 1);
});

test('a file that cannot be made is said at once', (t) => {
  t.throws(() => new PcapTun(new MemoryTun(), path.join(folder, 'missing', 'file')), { code: 'ENOENT' });
});
