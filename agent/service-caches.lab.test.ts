/**
 * The service, whose user may flush neither nscd nor dnsmasq: lines of its unit do, and so does root's `bis flush` (E16).
 * Both are real, and know what they know for ten minutes. Needs root.
 */
import test from 'ava';
import type { LabHost } from '../test/lab/lab-host.ts';
import { pair, SERVER } from '../test/lab/networks.ts';
import { giveOwnSystem, writeFile } from '../test/lab/own-system.ts';
import type { Program } from '../test/lab/program.ts';
import { toolCommand } from '../test/lab/tools.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';
import { finds } from './testing/resolved-scene.ts';
import { ServicePlace, unit } from './testing/service-place.ts';

const STUB = '127.0.0.2';
/** How programs ask: the C library, which asks nscd; and a server that keeps what it was told. */
const asking = { nscd: ['getent', 'ahostsv4'], dnsmasq: ['dig', `@${STUB}`] } as const;

let scene: DaemonScene;
let dual: LabHost;
let place: ServicePlace;
test.before(async () => {
  // It says how long it is known that there is nothing.
  scene = await setDaemonScene(pair, 'example. 600 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 600\n');
  dual = await giveOwnSystem(scene.lab, scene.dual);
  place = await ServicePlace.make();
  await writeFile(dual, '/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  const seconds = ['positive-time-to-live hosts 600', 'negative-time-to-live hosts 600'];
  await writeFile(dual, '/etc/nscd.conf', ['enable-cache hosts yes', ...seconds, ''].join('\n'));
  await dual.must(['mkdir', '-p', '/run/nscd']);
  dual.start([...toolCommand('nscd'), '-F']);
  const isUp = async (): Promise<string> => String((await dual.run(['test', '-S', '/run/nscd/socket'])).status);
  await settlesAt(isUp, '0');
  const quiet = ['--conf-file=/dev/null', '--pid-file=', '--log-facility=-', '--no-resolv', '--no-hosts'];
  const where = [`--listen-address=${STUB}`, '--bind-interfaces', `--server=${SERVER}`];
  const stub = dual.start([...toolCommand('dnsmasq'), '--keep-in-foreground', ...quiet, '--user=nobody', ...where]);
  await stub.says(/started, version/);
});
test.after.always(() => {
  scene?.lab.demolish();
  place?.remove();
});

/** What both have for a name that has only IPv6. */
async function known(): Promise<string> {
  const found = Object.entries(asking).map(async ([name, how]) => `${name}: ${await finds({ dual }, how)}`);
  return (await Promise.all(found)).join(', ');
}

const NOTHING = 'nscd: nothing, dnsmasq: nothing';
const SYNTHESIZED = 'nscd: synthesized, dnsmasq: synthesized';

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
    t.is(await known(), NOTHING);
    const daemon = await start();
    t.is(await known(), NOTHING, 'the daemon itself may not');
    t.regex(daemon.stdout + daemon.stderr, /Cannot flush the cache of nscd/);
    t.is(await manager('ExecStartPost'), 'Flushed: nscd, dnsmasq\n');
    t.is(await known(), SYNTHESIZED);
    await daemon.stop(end, 8000);
    t.is(await known(), SYNTHESIZED, 'they know it still');
    t.is(await manager('ExecStopPost'), 'Flushed: nscd, dnsmasq\n');
    t.is(await known(), NOTHING);
  });
}

test.serial(
  'E16: bis flush says what its user may not flush, and does it for root; up and down do as well',
  async (t) => {
    const daemon = await start();
    const bis = (...words: string[]): string[] => [place.bis, ...words, ...place.runtime];
    t.is(await known(), NOTHING);
    const refused = await dual.run([...place.asUser(), ...bis('flush')]);
    t.is(refused.status, 1);
    t.regex(refused.stdout, /^0 mappings ended, \d+ in use or promised\n$/);
    t.is(
      refused.stderr,
      "bis: Not flushed: nscd, a DNS server of another user; 'bis flush --caches' as root does it\n",
    );
    t.is(await known(), NOTHING);
    const { status, stderr } = await dual.run(bis('flush'));
    t.deepEqual([status, stderr], [0, '']);
    t.is(await known(), SYNTHESIZED);
    await dual.must(bis('down'));
    t.is(await known(), NOTHING);
    await dual.must(bis('up'));
    t.is(await known(), SYNTHESIZED);
    await dual.must(bis('stop'));
    t.is(await known(), NOTHING);
    await daemon.ended();
  },
);
