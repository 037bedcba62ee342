/** Pipes stand for the device here: a pipe can be read, waited for, lost, and got stuck in, and needs no privileges. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { DataPlane, type DataPlaneSettings } from './data-plane.ts';
import { own, self, spoolRange } from './fixture/pump-scene.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'bis-data-plane-'));
test.after.always(() => rmSync(folder, { recursive: true }));
let pipes = 0;

/** Both ends of a new pipe. Reading waits for a packet with `isBlocking`; the device's own descriptor never does. */
function pipe(isBlocking = false): { device: number; far: number } {
  const file = path.join(folder, String(pipes++));
  execFileSync('mkfifo', [file]);
  const far = openSync(file, constants.O_RDWR);
  return { far, device: openSync(file, constants.O_RDONLY | (isBlocking ? 0 : constants.O_NONBLOCK)) };
}

function settings(): DataPlaneSettings {
  const spool = new Spool([spoolRange]);
  const { memory } = SharedTable.create(spool, 1);
  return { table: memory, spool: spool.memory, self, own, path: new PathMtu() };
}

const events = (lost: Error[]) => ({ onLost: (reason: Error) => void lost.push(reason), onStranger: () => {} });

const tun = (queues: number[]) => ({ name: 'none', queues, offloads: [], board: -1 });

/** A device header, and twenty octets that are no packet. */
const garbage = new Uint8Array(30);

/** Waits until something is so, at most 5 s. */
async function until(isSo: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    if (isSo()) return true;
    await wait(10);
  }
  return false;
}

test('workers begin, handle packets, answer when asked, and end when told', async (t) => {
  const ends = [pipe(), pipe()];
  const lost: Error[] = [];
  const plane = new DataPlane(tun(ends.map(({ device }) => device)), settings(), events(lost));
  await plane.ready;
  t.true(plane.isAlive(), 'the first answer is yes');
  for (const { far } of ends) writeSync(far, garbage);
  t.true(await until(() => plane.counters().fourToSix.verdicts['dropped-malformed'] === 2));
  for (let times = 0; times < 3; times++) {
    await wait(100);
    t.true(await until(() => plane.isAlive()));
  }
  const before = performance.now();
  await plane.stop();
  t.true(performance.now() - before < 1000);
  t.false(plane.isAlive());
  await plane.stop();
  t.deepEqual(lost, []);
  for (const { device, far } of ends) for (const fd of [device, far]) closeSync(fd);
});

test('a device that goes away is told once, whatever the number of workers', async (t) => {
  const ends = [pipe(), pipe()];
  const lost: Error[] = [];
  const plane = new DataPlane(tun(ends.map(({ device }) => device)), settings(), events(lost));
  await plane.ready;
  for (const { far } of ends) closeSync(far);
  t.true(await until(() => lost.length > 0));
  await wait(100);
  t.deepEqual(
    lost.map(({ message }) => message),
    ['The TUN device was removed'],
  );
  plane.isAlive();
  t.false(plane.isAlive());
  await plane.stop();
  for (const { device } of ends) closeSync(device);
});

test('S14: a worker that is stuck is not alive, and stopping it does not take for ever', async (t) => {
  const { device, far } = pipe(true);
  const lost: Error[] = [];
  const plane = new DataPlane(tun([device]), settings(), events(lost));
  await plane.ready;
  // One packet is handled; the read behind it finds none, and waits.
  writeSync(far, garbage);
  t.true(await until(() => plane.counters().fourToSix.verdicts['dropped-malformed'] === 1));
  await wait(100);
  plane.isAlive();
  await wait(100);
  t.false(plane.isAlive());
  await t.throwsAsync(plane.stop(), { message: /^Cannot stop 1 of 1 packet workers/ });
  t.deepEqual(lost, []);
  closeSync(far);
});

test('a worker that cannot begin says why', async (t) => {
  const { device, far } = pipe();
  const lost: Error[] = [];
  const wrong = { ...settings(), self: { ...self, length: 64 } };
  const plane = new DataPlane(tun([device]), wrong, events(lost));
  await plane.ready;
  t.true(await until(() => lost.length > 0));
  t.is(lost[0]?.message, 'A packet worker failed');
  t.regex(String(lost[0]?.cause), /must be a \/96/);
  await plane.stop();
  t.is(lost.length, 1);
  for (const fd of [device, far]) closeSync(fd);
});
