/** `bis trace` on a daemon that carries packets: both sides of the bump, and nothing slowed once nobody watches. Needs root. */
import { statSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { Program } from '../test/lab/program.ts';
import { bis } from '../test/lab/tools.ts';
import { type DaemonScene, fetches, setDaemonScene } from './testing/daemon-scene.ts';

let scene: DaemonScene;
test.before(async () => {
  scene = await setDaemonScene();
});
test.after.always(() => scene?.lab.demolish());

/** Makes packets until a trace shows some. */
async function watches(trace: Program): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (trace.stdout === '' && performance.now() < deadline) await fetches(scene);
}

test.serial(
  'an echo request and its reply are seen before and after, and what is refused with the reason',
  async (t) => {
    const before = await scene.dual.snapshot();
    const daemon = await scene.agent.start();
    const { dual, lab } = scene;
    t.is(await fetches(scene), 'yes');
    const capture = path.join(lab.directory, 'trace.pcap');
    const runtime = ['--runtime-dir', path.join(lab.directory, 'dual-run')];
    const trace = dual.start([bis, 'trace', ...runtime, '--pcap', capture]);
    await watches(trace);
    await dual.must(['ping', '-4', '-c', '1', '-w', '5', 'six.example']);
    await dual.run(['ping', '-4', '-c', '1', '-W', '1', '10.170.160.77']);
    await trace.says(/refused-no-mapping/);
    const { status, stdout } = await trace.stop('SIGINT');
    t.is(status, 0);
    const lines = stdout.split('\n').map((line) => line.replace(/^\S*\s+/, ''));
    for (const line of [
      /^IPv4 172\.21\.112\.1 > 10\.170\.160\.1 ttl=64 .*\| ICMPv4 echo /,
      /^IPv6 fd\S+ > 2001:db8:6::2 hlim=63 \| ICMPv6 echo /,
      /^IPv6 2001:db8:6::2 > fd\S+ hlim=\d+ .*\| ICMPv6 echo-reply /,
      /^IPv4 10\.170\.160\.1 > 172\.21\.112\.1 ttl=\d+ .*\| ICMPv4 echo-reply /,
      /^IPv4 172\.21\.112\.1 > 10\.170\.160\.77 /,
    ]) {
      t.true(
        lines.some((each) => line.test(each)),
        String(line),
      );
    }
    t.true(statSync(capture).size > 24);
    t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
    t.deepEqual(await dual.differencesSince(before, 1000), []);
  },
);

test.serial('a daemon that goes down ends the trace, and one that is down has none', async (t) => {
  const daemon = await scene.agent.start();
  const trace = scene.dual.start([bis, 'trace', '--runtime-dir', path.join(scene.lab.directory, 'dual-run')]);
  await watches(trace);
  t.is((await scene.agent.tell('down')).status, 0);
  t.is((await trace.ended()).status, 0);
  t.is((await scene.agent.tell('trace')).status, 3);
  await daemon.stop('SIGTERM', 5000);
});
