/**
 * The device on a real kernel, in a namespace of its own (needs root):
 * ```
 *   program ──IPv4──► bis0 ◄──► data plane (fixture/one-host.ts) ◄──► bis0 ──IPv6──► 2001:db8::9 on lo
 * ```
 */
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { Lab } from '../../test/lab/lab.ts';
import { nodeCommand } from '../../test/lab/tools.ts';
import { LabDataPlane } from './fixture/lab-data-plane.ts';

const everything = ['checksum', 'tso4', 'tso6', 'tso-ecn', 'uso4', 'uso6'];

/** Offload bits of linux/if_tun.h that a kernel may not know. */
const bits = { TSO4: 0x02, TSO_ECN: 0x08, USO: 0x60, ALL: 0x7f } as const;

test.serial('this kernel takes all offloads; ping passes; stopping removes the device', async (t) => {
  await using plane = await LabDataPlane.start();
  const { offloads, isAlive } = await plane.report();
  t.deepEqual(offloads, everything);
  t.true(isAlive);
  t.is(await plane.pings(), 3);
  const { fourToSix, sixToFour } = await plane.report();
  t.true(fourToSix.packets >= 3 && sixToFour.packets >= 3);
  const { status, stdout } = await plane.program.stop();
  t.is(status, 0);
  t.regex(stdout, /^stopped$/m);
  t.false(await plane.hasDevice());
});

for (const [refused, left] of [
  [bits.USO, everything.slice(0, 4)],
  [bits.USO | bits.TSO_ECN, everything.slice(0, 3)],
  [bits.USO | bits.TSO4, everything.slice(0, 1)],
  [bits.ALL, []],
] as const) {
  test.serial(`a kernel that knows only ${left.join(' ') || 'plain packets'} carries TCP and UDP`, async (t) => {
    await using plane = await LabDataPlane.start('--refuse', String(refused));
    t.deepEqual((await plane.report()).offloads, left);
    t.is(await plane.pings(), 3);
    t.true((await megabytes(plane)) > 10);
    t.true((await megabytes(plane, '-R')) > 10);
    t.true((await megabytes(plane, '-u', '-b', '40M')) > 4);
  });
}

/** Millions of octets that iperf3 moved through the bump, to 10.170.160.9, in a second. */
async function megabytes(plane: LabDataPlane, ...options: string[]): Promise<number> {
  const server = plane.host.start(['iperf3', '-s', '-1', '-B', '2001:db8::9', '--forceflush']);
  await server.says(/Server listening/);
  const client = ['iperf3', '-4', '-c', '10.170.160.9', '-t', '1', '--json', ...options];
  const said = JSON.parse(await plane.host.must(client, undefined, 30_000)) as {
    end: { sum_received?: { bytes: number }; sum: { bytes: number; lost_packets: number; packets: number } };
  };
  await server.stop();
  const { sum, sum_received: received } = said.end;
  return (received?.bytes ?? sum.bytes * (1 - sum.lost_packets / sum.packets)) / 1e6;
}

test.serial('two queues carry eight flows at once', async (t) => {
  await using plane = await LabDataPlane.start('--queues', '2');
  const moved = await megabytes(plane, '-P', '8');
  t.log(`${moved.toFixed(0)} MB in a second`);
  t.true(moved > 30);
  t.is(await plane.pings(), 3);
  t.true((await plane.report()).isAlive);
  await plane.program.stop();
  t.false(await plane.hasDevice());
});

test.serial('S5: the device goes with its process, though a child of it lives on', async (t) => {
  await using plane = await LabDataPlane.start('--with-child', '--queues', '2');
  const children = async () => (await plane.host.run(['pgrep', '-x', 'sleep'])).status;
  t.true(await plane.hasDevice());
  t.is(await children(), 0);
  plane.program.signal('SIGKILL');
  await plane.program.ended();
  for (let tries = 0; tries < 100 && (await plane.hasDevice()); tries++) await wait(10);
  t.false(await plane.hasDevice());
  t.is(await children(), 0, 'the child lives');
});

test.serial('a device that somebody deletes is told once, and stopping does not hang', async (t) => {
  await using plane = await LabDataPlane.start('--queues', '2');
  await plane.host.must(['ip', 'link', 'del', 'bis0']);
  await plane.program.says(/^lost: The TUN device was removed$/m);
  await wait(200);
  t.is(plane.program.stdout.match(/^lost:/gm)?.length, 1);
  await plane.report();
  t.false((await plane.report()).isAlive);
  t.is((await plane.program.stop()).status, 0);
});

test.serial("somebody else's device of that name is not taken over", async (t) => {
  const lab = await Lab.build({ hosts: [{ name: 'one' }], links: [] });
  try {
    const host = lab.host('one');
    await host.must(['ip', 'tuntap', 'add', 'dev', 'bis0', 'mode', 'tun']);
    const { status, stderr } = await host.run(nodeCommand('agent/data-plane/fixture/one-host.ts'));
    t.not(status, 0);
    t.regex(stderr, /Cannot create bis0: EBUSY/);
    t.regex(await host.must(['ip', 'tuntap', 'show']), /^bis0: tun persist/m);
  } finally {
    await lab.demolish();
  }
});
