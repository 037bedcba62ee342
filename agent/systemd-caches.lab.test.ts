/**
 * Under a systemd that runs, whose lines with full privileges flush what the service may not (E16): real nscd and dnsmasq
 * know nothing of before when it has started, and nothing of it when it has ended, however. Needs root.
 */
import test from 'ava';
import { type BootedHost, boot } from '../test/lab/booted.ts';
import { writeFile } from '../test/lab/own-system.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';
import { known, lasting, NOTHING, SYNTHESIZED, startKeeping } from './testing/keeping-programs.ts';
import { ServicePlace } from './testing/service-place.ts';

let scene: DaemonScene;
let place: ServicePlace;
let booted: BootedHost;
test.before(async () => {
  scene = await setDaemonScene(...lasting);
  place = await ServicePlace.make();
  booted = await boot(scene.lab, scene.dual);
  await startKeeping(booted.host);
  await booted.host.must([place.bis, 'install']);
});
test.after.always(async () => {
  await booted?.end();
  scene?.lab.demolish();
  place?.remove();
});

const systemctl = (...words: string[]): Promise<string> => booted.host.must(['systemctl', ...words]);

test.serial('E16, S11: nscd and dnsmasq are flushed when the service starts, and when it stops', async (t) => {
  t.timeout(90_000);
  t.is(await known(booted.host), NOTHING);
  await systemctl('start', 'bis');
  t.is(await known(booted.host), SYNTHESIZED);
  await systemctl('stop', 'bis');
  t.is(await known(booted.host), NOTHING);
});

test.serial('E16, S11: and when it is killed and not started again', async (t) => {
  t.timeout(90_000);
  await writeFile(booted.host, '/run/systemd/system/bis.service.d/once.conf', '[Service]\nRestart=no\n');
  await systemctl('daemon-reload');
  await systemctl('start', 'bis');
  t.is(await known(booted.host), SYNTHESIZED);
  await systemctl('kill', '-s', 'KILL', 'bis');
  const isOver = async (): Promise<string> => (await systemctl('show', '--value', '-p', 'ActiveState', 'bis')).trim();
  t.is(await settlesAt(isOver, 'failed', 20_000), 'failed');
  t.is(await known(booted.host), NOTHING);
});
