/**
 * The service, whose user may flush neither nscd nor dnsmasq: lines of its unit do, and so does root's `bis flush` (E16).
 * Both are real, and know what they know for ten minutes. Needs root.
 */
import test from 'ava';
import type { LabHost } from '../test/lab/lab-host.ts';
import { giveOwnSystem } from '../test/lab/own-system.ts';
import type { Program } from '../test/lab/program.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';
import { known, lasting, NOTHING, SYNTHESIZED, startKeeping } from './testing/keeping-programs.ts';
import { ServicePlace, unit } from './testing/service-place.ts';

let scene: DaemonScene;
let dual: LabHost;
let place: ServicePlace;
test.before(async () => {
  scene = await setDaemonScene(...lasting);
  dual = await giveOwnSystem(scene.lab, scene.dual);
  place = await ServicePlace.make();
  await startKeeping(dual);
});
test.after.always(() => {
  scene?.lab.demolish();
  place?.remove();
});

/** Starts the service up to where systemd takes it for started, but for `ExecStartPost=`. */
async function start(): Promise<Program> {
  const daemon = dual.start(place.daemon());
  const state = async (): Promise<string> => {
    const { stdout } = await dual.run([place.bis, 'status', '--json', ...place.runtime]);
    return stdout === '' ? 'none' : (JSON.parse(stdout) as { state: string }).state;
  };
  if ((await settlesAt(state, 'up', 15_000)) !== 'up') throw new Error(daemon.stdout + daemon.stderr);
  return daemon;
}

/** Runs the lines of the unit that have full privileges. */
async function manager(key: 'ExecStartPost' | 'ExecStopPost'): Promise<string> {
  const line = new RegExp(`^${key}=-\\+@BIS@ (.*)$`, 'm').exec(unit)?.[1];
  if (line === undefined) throw new Error(`No ${key} with full privileges`);
  return dual.must([place.bis, ...line.split(' ')]);
}

for (const end of ['SIGTERM', 'SIGKILL'] as const) {
  test.serial(`E16: the lines of the unit flush nscd and dnsmasq when it comes and after ${end}`, async (t) => {
    t.is(await known(dual), NOTHING);
    const daemon = await start();
    t.is(await known(dual), NOTHING, 'the daemon itself may not');
    t.regex(daemon.stdout + daemon.stderr, /Cannot flush the cache of nscd/);
    t.is(await manager('ExecStartPost'), 'Flushed: nscd, dnsmasq\n');
    t.is(await known(dual), SYNTHESIZED);
    await daemon.stop(end, 8000);
    t.is(await known(dual), SYNTHESIZED, 'they know it still');
    t.is(await manager('ExecStopPost'), 'Flushed: nscd, dnsmasq\n');
    t.is(await known(dual), NOTHING);
  });
}

test.serial(
  'E16: bis flush says what its user may not flush, and does it for root; up and down do as well',
  async (t) => {
    const daemon = await start();
    const bis = (...words: string[]): string[] => [place.bis, ...words, ...place.runtime];
    t.is(await known(dual), NOTHING);
    const refused = await dual.run([...place.asUser(), ...bis('flush')]);
    t.is(refused.status, 1);
    t.regex(refused.stdout, /^0 mappings ended, \d+ in use or promised\n$/);
    t.is(
      refused.stderr,
      "bis: Not flushed: nscd, a DNS server of another user; 'bis flush --caches' as root does it\n",
    );
    t.is(await known(dual), NOTHING);
    const { status, stderr } = await dual.run(bis('flush'));
    t.deepEqual([status, stderr], [0, '']);
    t.is(await known(dual), SYNTHESIZED);
    await dual.must(bis('down'));
    t.is(await known(dual), NOTHING);
    await dual.must(bis('up'));
    t.is(await known(dual), SYNTHESIZED);
    await dual.must(bis('stop'));
    t.is(await known(dual), NOTHING);
    await daemon.ended();
  },
);
