/**
 * The bundle, from a directory of its own, as the service runs it: a user of its own with the capabilities of the unit
 * and no more (S11), told about by datagrams. Needs root.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { type Program, run } from '../test/lab/program.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { toolCommand } from '../test/lab/tools.ts';
import { flag, libc } from './data-plane/libc.ts';
import { socketAddress } from './service-notify.ts';
import { type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';
import { granted, SERVICE_USER, ServicePlace, unit } from './testing/service-place.ts';

/** From sys/socket.h. */
const [AF_UNIX, SOCK_DGRAM] = [1, 2];

let scene: DaemonScene;
let before: Snapshot;
let place: ServicePlace;
let bis: string;
test.before(async () => {
  scene = await setDaemonScene();
  before = await scene.dual.snapshot();
  place = await ServicePlace.make();
  bis = place.bis;
});
test.after.always(() => {
  scene?.lab.demolish();
  place?.remove();
});

/** The daemon as the unit starts it; with `capabilities` instead of those it has there. */
function service(capabilities: readonly string[] = granted, environment: Record<string, string> = {}): Program {
  return scene.dual.start(place.daemon(capabilities), { environment });
}

const state = async (): Promise<string> => {
  const { stdout } = await scene.dual.run([bis, 'status', '--json', ...place.runtime]);
  return stdout === '' ? 'none' : (JSON.parse(stdout) as { state: string }).state;
};

test.serial('S11: its capabilities are enough, from the bundle, and death leaves nothing', async (t) => {
  t.deepEqual(granted, ['+net_admin', '+net_bind_service', '+bpf']);
  for (const end of ['SIGTERM', 'SIGKILL'] as const) {
    const daemon = service();
    t.is(await settlesAt(state, 'up', 15_000), 'up', daemon.stderr);
    t.is(await fetches(scene), 'yes');
    const status = fs.readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
    t.regex(status, new RegExp(`^Uid:\\s+${SERVICE_USER}\\s+${SERVICE_USER}`, 'm'));
    t.regex(status, /^CapEff:\s+0000008000001400$/m);
    t.is(fs.statSync(path.join(place.directory, 'run/control/control.sock')).mode & 0o777, 0o660);
    t.is(fs.statSync(path.join(place.directory, 'state/self-prefix')).mode & 0o777, 0o600);
    await daemon.stop(end, 8000);
    t.deepEqual(await scene.dual.differencesSince(before, 1000), [], end);
  }
});

test.serial('S11: root may restore what the service’s own user had noted', async (t) => {
  const daemon = service();
  t.is(await settlesAt(state, 'up', 15_000), 'up', daemon.stderr);
  const janitor = (await scene.dual.snapshot()).processes.find((line) => line.includes('/janitor.mjs '));
  process.kill(Number(/^\d+/.exec(janitor ?? '')?.[0]), 'SIGKILL');
  await daemon.stop('SIGKILL');
  t.regex(await scene.dual.must([bis, 'restore', ...place.runtime]), /bis undid what was left/);
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
});

test.serial('S11: without CAP_NET_ADMIN the start is refused with a reason, and nothing is left', async (t) => {
  const daemon = service(['+net_bind_service']);
  const { status } = await daemon.ended();
  t.is(status, 1);
  t.regex(daemon.stderr, /CAP_NET_ADMIN/);
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
});

test.serial('S11: mode resolv.conf is refused with the reason, for the service may not replace the file', async (t) => {
  const config = path.join(place.directory, 'resolv-conf.toml');
  fs.writeFileSync(config, '[resolver]\nmode = "resolv.conf"\n');
  const daemon = scene.dual.start([...place.daemon(), '--config', config]);
  const { status } = await daemon.ended();
  t.is(status, 1);
  t.regex(
    daemon.stderr,
    new RegExp(`Cannot replace /etc/resolv.conf: user ${SERVICE_USER} may not write in /etc.* Run bis as root`),
  );
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
});

test.serial('S11: the service manager hears that it is ready, alive, and stopping', async (t) => {
  const manager = libc.socket(AF_UNIX, SOCK_DGRAM | flag.NONBLOCK | flag.CLOEXEC, 0);
  const socket = path.join(place.directory, 'notify');
  const address = socketAddress(socket);
  t.is(libc.bind(manager, address, address.length), 0);
  fs.chmodSync(socket, 0o666);
  const heard: string[] = [];
  const hears = async (): Promise<string> => {
    const octets = new Uint8Array(new ArrayBuffer(512));
    for (;;) {
      const length = Number(libc.read(manager, octets, 512));
      if (length <= 0) return heard.join(' ');
      heard.push(Buffer.from(octets.subarray(0, length)).toString().replaceAll('\n', ','));
    }
  };
  const daemon = service(granted, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' });
  const alive = async (): Promise<string> => String(/READY=1,STATUS=up.* WATCHDOG=1/.test(await hears()));
  t.is(await settlesAt(alive, 'true', 15_000), 'true', heard.join(' '));
  await daemon.stop('SIGTERM', 8000);
  t.regex(await hears(), / STOPPING=1$/);
  libc.close(manager);
});

test.serial('S11: systemd judges the exposure of the unit as 2.5 or less, and finds no fault in it', async (t) => {
  const file = path.join(place.directory, 'bis.service');
  fs.writeFileSync(file, unit.replaceAll('@BIS@', bis).replaceAll('@CONFIG@', '/etc/bis/bis.toml'));
  const analyze = fs.existsSync('/usr/bin/systemd-analyze')
    ? ['/usr/bin/systemd-analyze']
    : toolCommand('systemd-analyze');
  const { stdout } = await run([...analyze, 'security', '--offline=true', file]);
  const level = Number(/exposure level for bis\.service: ([\d.]+)/.exec(stdout)?.[1]);
  t.true(level <= 2.5, `${level}`);
});

test.serial('the bundle installs itself, runs from there, and leaves nothing when it is uninstalled', async (t) => {
  const root = path.join(place.directory, 'root');
  fs.mkdirSync(root);
  // Under any umask the service's own user is to read it.
  const installed = await run(['sh', '-c', 'umask 077; exec "$@"', 'sh', bis, 'install', '--destdir', root]);
  t.is(installed.status, 0, installed.stderr);
  const modes = ['etc/bis', 'etc/bis/bis.toml', 'usr/local/lib/bis/agent', 'usr/local/lib/bis/agent/bis.mjs'];
  t.deepEqual(
    modes.map((name) => (fs.statSync(path.join(root, name)).mode & 0o777).toString(8)),
    ['755', '644', '755', '644'],
  );
  const command = path.join(root, 'usr/local/bin/bis');
  t.regex((await run([command, '--version'], { environment: { PATH: '/usr/bin:/bin' } })).stdout, /^\d+\.\d+\.\d+$/m);
  t.is((await run([command, 'config', 'check', path.join(root, 'etc/bis/bis.toml')])).status, 0);
  t.is((await run([bis, 'uninstall', '--destdir', root])).status, 0);
  t.deepEqual(fs.readdirSync(root, { recursive: true }), []);
});
