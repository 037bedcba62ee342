/**
 * Beside systemd-networkd and NetworkManager, real ones, that are told to take every link for theirs: `bis install` has them leave
 * the device alone. A device of the same kind beside it shows that they would. Needs root.
 */
import test from 'ava';
import { type BootedHost, boot } from '../test/lab/booted.ts';
import { toolCommand } from '../test/lab/tools.ts';
import { type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';
import { ServicePlace } from './testing/service-place.ts';

/** What networkd gives to every link but the network of the lab. */
const GIVEN = '192.0.2.77/24';
const NETWORK = `[Match]
Name=!eth0 !lo

[Network]
Address=${GIVEN}
LinkLocalAddressing=no
ConfigureWithoutCarrier=yes
IPv6AcceptRA=no
`;

let scene: DaemonScene;
let place: ServicePlace;
let booted: BootedHost;
test.before(async () => {
  scene = await setDaemonScene();
  place = await ServicePlace.make();
  booted = await boot(scene.lab, scene.dual);
  await inside('ip', 'tuntap', 'add', 'dev', 'tun9', 'mode', 'tun');
  await inside('ip', 'link', 'set', 'tun9', 'up');
  await inside(place.bis, 'install');
  await inside('systemctl', 'start', 'bis');
});
test.after.always(async () => {
  await booted?.end();
  scene?.lab.demolish();
  place?.remove();
});

const inside = (...argv: string[]): Promise<string> => booted.host.must(argv);

/** Writes a file of the booted host. */
const write = (file: string, text: string): Promise<string> => booted.host.must(['tee', file], { input: text });

/** The IPv4 addresses of a link, as one line. */
async function addresses(link: string): Promise<string> {
  const [shown] = JSON.parse(await inside('ip', '-json', '-4', 'address', 'show', 'dev', link));
  const infos: { local: string; prefixlen: number }[] = shown?.addr_info ?? [];
  return infos.map(({ local, prefixlen }) => `${local}/${prefixlen}`).join(' ');
}

/** What networkd says of a link, in the file from which it tells others. */
async function setup(link: string): Promise<string | undefined> {
  const [{ ifindex }] = JSON.parse(await inside('ip', '-json', 'link', 'show', 'dev', link));
  return /^ADMIN_STATE=(.*)$/m.exec(await inside('cat', `/run/systemd/netif/links/${ifindex}`))?.[1];
}

test.serial('systemd-networkd leaves the device alone, whichever comes first', async (t) => {
  t.timeout(90_000);
  const own = await addresses('bis0');
  await write('/etc/systemd/network/90-all.network', NETWORK);
  await inside('rm', '/etc/systemd/system/systemd-networkd.service');
  // Without a udev it would wait for one, unless it takes this for a container.
  await inside('mkdir', '-p', '/run/systemd/system/systemd-networkd.service.d');
  await write('/run/systemd/system/systemd-networkd.service.d/lab.conf', '[Service]\nReadOnlyPaths=/sys\n');
  await inside('systemctl', 'daemon-reload');
  await inside('systemctl', 'start', 'systemd-networkd');
  t.is(await settlesAt(() => addresses('tun9'), GIVEN, 15_000), GIVEN);
  t.is(await addresses('bis0'), own);

  await inside('systemctl', 'restart', 'bis');
  t.is(await settlesAt(() => fetches(scene), 'yes', 10_000), 'yes');
  t.is(await addresses('bis0'), own);
  t.is(await settlesAt(async () => String(await setup('tun9')), 'configured', 10_000), 'configured');
  t.is(await setup('bis0'), 'unmanaged');
  await inside('systemctl', 'stop', 'systemd-networkd');
});

test.serial('NetworkManager leaves the device alone, whichever comes first', async (t) => {
  t.timeout(90_000);
  await inside('mkdir', '-p', '/run/dbus');
  await inside('dbus-daemon', '--system', '--fork', '--nopidfile');
  await write('/etc/NetworkManager/NetworkManager.conf', '[main]\nplugins=keyfile\nno-auto-default=*\n');
  // As above: it asks no udev where /sys is read-only.
  const readOnly = 'mount -o remount,bind,ro /sys; exec "$@"';
  const manager = [...toolCommand('NetworkManager'), '--no-daemon'];
  const running = booted.host.start(['unshare', '--mount', 'sh', '-c', readOnly, 'sh', ...manager]);
  const states = async (): Promise<string[]> => {
    const { stdout } = await booted.host.run(['nmcli', '--terse', '--fields', 'DEVICE,STATE', 'device']);
    return stdout.split('\n').filter((line) => /^(bis0|tun9):/.test(line));
  };
  const wanted = 'bis0:unmanaged, tun9:connected (externally)';
  const inShort = async (): Promise<string> => (await states()).sort().join(', ');
  t.is(await settlesAt(inShort, wanted, 30_000), wanted, running.stderr);

  await inside('systemctl', 'restart', 'bis');
  t.is(await settlesAt(() => fetches(scene), 'yes', 10_000), 'yes');
  t.is(await settlesAt(inShort, wanted, 10_000), wanted);
  await running.stop();
});
