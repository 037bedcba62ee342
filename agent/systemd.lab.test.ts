/**
 * The service under a systemd that runs (S11): installed from the bundle with `bis install`, started by its unit, killed, hung
 * and taken away again. Needs root.
 */
import fs from 'node:fs';
import test from 'ava';
import { type BootedHost, boot } from '../test/lab/booted.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import type { Status } from './control/agent.ts';
import { type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';
import { ServicePlace } from './testing/service-place.ts';

let scene: DaemonScene;
let place: ServicePlace;
let booted: BootedHost;
let before: Snapshot;
test.before(async () => {
  scene = await setDaemonScene();
  place = await ServicePlace.make();
  booted = await boot(scene.lab, scene.dual);
  before = await scene.dual.snapshot();
});
test.after.always(async () => {
  await booted?.end();
  scene?.lab.demolish();
  place?.remove();
});

const inside = (...argv: string[]): Promise<string> => booted.host.must(argv);

async function status(): Promise<Status | undefined> {
  const { stdout } = await booted.host.run(['/usr/local/bin/bis', 'status', '--json']);
  return stdout === '' ? undefined : (JSON.parse(stdout) as Status);
}

const state = async (): Promise<string> => (await status())?.state ?? 'none';

/** A property of the unit. */
const property = async (name: string): Promise<string> =>
  (await inside('systemctl', 'show', '--value', '-p', name, 'bis.service')).trim();

/** The lines of the daemon's `/proc/PID/status`, as seen from outside. */
async function daemonStatus(): Promise<string> {
  return inside('cat', `/proc/${await property('MainPID')}/status`);
}

/** What is left on the host apart from processes, of which systemd itself is one. */
const left = (): Promise<string[]> =>
  scene.dual.differencesSince(before, 1500, ['addresses', 'routes', 'rules', 'nft', 'sysctls', 'sockets']);

test.serial('S11: installed and started by systemd: its own user, three capabilities, a sandbox', async (t) => {
  t.timeout(120_000);
  t.regex(await inside(place.bis, 'install'), /bis is installed in \/usr\/local/);
  await inside('systemctl', 'start', 'bis');
  t.is(await property('ActiveState'), 'active', 'start returns when it is up');
  t.is(await state(), 'up');
  t.is(await fetches(scene), 'yes');
  const uid = (await inside('id', '-u', 'bis')).trim();
  t.not(uid, '0');
  const told = await daemonStatus();
  t.regex(told, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    t.regex(told, new RegExp(`^${set}:\\t0000008000001400$`, 'm'), set);
  t.regex(told, /^NoNewPrivs:\t1$/m);
  t.regex(told, /^Seccomp:\t2$/m, 'system calls are filtered');
  const open = await inside('ls', '-l', `/proc/${await property('MainPID')}/fd`);
  t.regex(open, /anon_inode:bpf-map/, 'and packets can be handled on the processor they are sent from');
  t.is(
    (await inside('stat', '-c', '%a %U', '/run/bis/control/control.sock', '/var/lib/bis')).trim(),
    '660 bis\n700 bis',
  );
  const root = `/proc/${await property('MainPID')}/root`;
  const writes = await booted.host.run(['sh', '-c', `touch ${root}/etc/x || touch ${root}/usr/x`]);
  t.not(writes.status, 0, 'its view of the system is read-only');
});

test.serial('S5, S11: killed, it is started again by systemd, and names are answered again', async (t) => {
  t.timeout(60_000);
  const first = await property('MainPID');
  await inside('systemctl', 'kill', '-s', 'KILL', 'bis');
  t.is(await settlesAt(async () => String(![first, '0'].includes(await property('MainPID'))), 'true', 15_000), 'true');
  t.is(await settlesAt(state, 'up', 15_000), 'up');
  t.is(await settlesAt(() => fetches(scene), 'yes', 10_000), 'yes');
  t.is(await property('NRestarts'), '1');
});

test.serial('S14, S11: hung, it is ended by the watchdog of systemd and started again', async (t) => {
  t.timeout(90_000);
  const first = await property('MainPID');
  await inside('kill', '-STOP', first);
  t.is(await settlesAt(async () => String(![first, '0'].includes(await property('MainPID'))), 'true', 40_000), 'true');
  t.is(await settlesAt(state, 'up', 15_000), 'up');
  t.is(await settlesAt(() => fetches(scene), 'yes', 10_000), 'yes');
  t.is(await property('NRestarts'), '2');
});

test.serial('S5, S11: stopped, and killed together with its janitor, nothing is left', async (t) => {
  t.timeout(90_000);
  await inside('systemctl', 'stop', 'bis');
  t.deepEqual(await left(), [], 'stop');
  await inside('systemctl', 'start', 'bis');
  t.is(await state(), 'up');
  const once = '/run/systemd/system/bis.service.d';
  await inside('sh', '-c', `mkdir -p ${once} && printf '[Service]\\nRestart=no\\n' > ${once}/once.conf`);
  await inside('systemctl', 'daemon-reload');
  await inside('systemctl', 'kill', '--kill-whom=all', '-s', 'KILL', 'bis');
  t.is(
    await settlesAt(async () => String(['failed', 'inactive'].includes(await property('ActiveState'))), 'true', 20_000),
    'true',
  );
  t.deepEqual(await left(), [], 'by ExecStopPost');
  await inside('rm', '-r', once);
});

test.serial('taken away, nothing is left of it in the system', async (t) => {
  t.timeout(60_000);
  t.regex(await inside('/usr/local/bin/bis', 'uninstall'), /bis is removed from \/usr\/local/);
  const found = await inside(
    'sh',
    '-c',
    'find /etc /usr/local /var/lib /run -iname "*bis*" -not -path "/run/tun" -not -path "/var/lib/dpkg/*" || true',
  );
  t.deepEqual(
    found.split('\n').filter((line) => line !== '' && !/bislab|bis-lab/.test(line)),
    [],
  );
  t.not((await booted.host.run(['id', 'bis'])).status, 0);
  t.false(fs.existsSync('/etc/systemd/system/bis.service'), 'nor was the machine touched');
});
