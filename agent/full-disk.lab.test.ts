/** A disk that fills up while the daemon runs: a tmpfs of 1 MiB with its state, its runtime directory and its log (S12). Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { SERVER } from '../test/lab/networks.ts';
import { must } from '../test/lab/program.ts';
import { bis } from '../test/lab/tools.ts';
import { fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

const NAMES = 40;

test.serial(
  'S12: a full disk stops neither answers nor packets, and what is kept is for the owner alone',
  async (t) => {
    t.timeout(90_000);
    const names = Array.from({ length: NAMES }, (_, index) => `peer${index}.example`);
    const zone = names.map((name, index) => `${name}. 300 IN AAAA ${SERVER}${index.toString(16)}\n`).join('');
    const scene = await setDaemonScene(undefined, zone);
    t.teardown(() => scene.lab.demolish());
    const { dual, lab } = scene;
    const before = await dual.snapshot();
    const disk = path.join(lab.directory, 'disk');
    fs.mkdirSync(disk);
    const directories = ['--state-dir', `${disk}/state`, '--runtime-dir', `${disk}/run`];
    // Seen by this test as well, which looks at it, fills it, and makes room again.
    await must(['mount', '-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', disk]);
    t.teardown(() => must(['umount', '--lazy', disk]));
    const script = `umask 000; exec ${[bis, 'daemon', ...directories].join(' ')} >> ${disk}/log 2>&1`;
    const daemon = dual.start(['sh', '-c', script]);
    const tell = (...words: string[]) => dual.run([bis, ...words, '--runtime-dir', `${disk}/run`]);
    const state = async (): Promise<string> =>
      (JSON.parse((await tell('status', '--json')).stdout || '{"state":"none"}') as { state: string }).state;
    t.is(await settlesAt(state, 'up', 15_000), 'up');
    t.is(await fetches(scene), 'yes');
    const resolves = async (name: string): Promise<string> =>
      (await dual.run(['dig', '+short', '+time=2', '+tries=1', name, 'A'])).stdout.trim();
    t.regex(await resolves(names[0] ?? ''), /^10\.170\./);

    const filler = path.join(disk, 'filler');
    t.throws(() => fs.writeFileSync(filler, new Uint8Array(2 * 1024 * 1024)), { code: 'ENOSPC' });
    for (const name of names.slice(1)) t.regex(await resolves(name), /^10\.170\./, name);
    t.is(await fetches(scene, 100_000), 'yes', 'packets');
    t.is(await state(), 'up', 'commands');
    // A change of the network and a port that is exposed have nothing to write either.
    t.is((await tell('expose', 'tcp/8080')).status, 0);
    await dual.must(['ip', '-6', 'address', 'add', '2001:db8:6::77/64', 'dev', 'eth0', 'nodad']);
    t.is(await fetches(scene), 'yes');
    await dual.must(['ip', '-6', 'address', 'del', '2001:db8:6::77/64', 'dev', 'eth0']);
    t.is((await tell('unexpose', 'tcp/8080')).status, 0);

    fs.rmSync(filler);
    t.regex(await resolves('six.example'), /^10\.170\./);
    for (const file of ['state/self-prefix', 'state/mappings', 'run/lock', 'run/journal']) {
      t.is((fs.statSync(path.join(disk, file)).mode & 0o777).toString(8), '600', file);
    }
    t.is((await daemon.stop('SIGTERM', 8000)).status, 0);
    t.deepEqual(await dual.differencesSince(before, 1000), []);
  },
);
