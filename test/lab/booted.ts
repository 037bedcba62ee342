/**
 * A host of the lab with a systemd of its own, as process 1 of its own process namespace, so that units are started as they
 * are on a machine: with users, capabilities, system call filters, device rules and watchdogs. Everything it writes goes with it.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Lab } from './lab.ts';
import { LabHost } from './lab-host.ts';
import { must, type Program } from './program.ts';
import { toolPath, unpackedRoot } from './tools.ts';

/** What a host of the lab does without: it has no hardware, no log and no seats, and its network is ours. */
const MASKED = [
  ...['systemd-journald.service', 'systemd-journald.socket', 'systemd-journald-dev-log.socket'],
  ...['systemd-journald-audit.socket', 'systemd-journal-flush.service', 'systemd-udevd.service'],
  ...['systemd-udevd-control.socket', 'systemd-udevd-kernel.socket', 'systemd-udev-trigger.service'],
  ...['systemd-logind.service', 'systemd-tmpfiles-setup.service', 'systemd-tmpfiles-setup-dev.service'],
  ...['systemd-sysctl.service', 'systemd-modules-load.service', 'systemd-remount-fs.service'],
  ...['systemd-random-seed.service', 'systemd-update-utmp.service', 'dbus.service', 'dbus.socket', 'getty.target'],
  ...['systemd-resolved.service', 'systemd-networkd.service', 'systemd-timesyncd.service'],
];

/** In new namespaces for mounts, processes and control groups: `$1` for what is written, `$2` files for `/etc`, then systemd. */
const BOOT = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
for place in etc usr var; do
  mkdir -p "$1/$place" "$1/$place.work"
  lower=/$place
  if [ $place = usr ] && [ -d "$3/usr" ]; then lower="$3/usr:/usr"; fi
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$1/$place,workdir=$1/$place.work" /$place
done
cp --remove-destination "$2"/* /etc/
rm -f /etc/machine-id; echo 0123456789abcdef0123456789abcdef > /etc/machine-id
mount -t proc proc /proc
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mknod -m 666 /run/tun c 10 200
mount --bind /run/tun /dev/net/tun
for unit in ${MASKED.join(' ')}; do ln -sf /dev/null /etc/systemd/system/$unit; done
printf '[Unit]\\nDefaultDependencies=no\\nRequires=sysinit.target basic.target\\nAfter=basic.target\\n' > /etc/systemd/system/lab.target
export container=bis-lab
exec "$4" --system --unit=lab.target --log-target=console --show-status=no
`;

/** In the mount namespace of the caller alone: the control group `$1` below the root of all, for this process. */
const ENTER = `set -e
mount -t cgroup2 cgroup2 /mnt
mkdir -p "/mnt/$1"
echo $$ > "/mnt/$1/cgroup.procs"
umount /mnt
shift
exec "$@"
`;

const LEAVE = 'mount -t cgroup2 cgroup2 /mnt && find "/mnt/$1" -depth -type d -exec rmdir {} +';

export interface BootedHost {
  /** Programs run here are seen by this systemd, and see its files. */
  readonly host: LabHost;
  /** Ends it with all that runs below it, and what is left of its control groups. */
  end(): Promise<void>;
}

/** Boots `host`, whose network stays as it is. Throws when there is no systemd, or it does not come up. */
export async function boot(lab: Lab, host: LabHost): Promise<BootedHost> {
  const systemd =
    ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find((file) => fs.existsSync(file)) ?? toolPath('systemd');
  if (systemd === undefined) throw new Error('Cannot find systemd');
  const place = path.join(lab.directory, 'booted');
  fs.mkdirSync(place);
  const group = path.basename(lab.directory);
  const namespaces = ['unshare', '--pid', '--mount', '--cgroup', '--uts', '--ipc', '--fork', '--kill-child'];
  const inside = systemd.startsWith(unpackedRoot) ? systemd.slice(unpackedRoot.length) : systemd;
  const words = [...namespaces, 'sh', '-c', BOOT, 'sh', place, lab.etcOf(host), unpackedRoot, inside];
  const outer = host.start(['unshare', '--mount', 'sh', '-c', ENTER, 'sh', group, ...words]);
  const end = async (): Promise<void> => {
    await outer.stop('SIGKILL');
    // What was process 1 takes all others with it, which takes a moment.
    for (let tries = 0; tries < 50; tries++) {
      try {
        return void (await must(['unshare', '--mount', 'sh', '-c', LEAVE, 'sh', group]));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`Cannot remove the control group ${group}`);
  };
  try {
    const entered = await waitFor(outer, host);
    return { host: entered, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Waits until systemd answers, and returns the host as it is inside. */
async function waitFor(outer: Program, host: LabHost): Promise<LabHost> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    if (!outer.isRunning || performance.now() > deadline)
      throw new Error(`Cannot boot systemd:\n${outer.stdout}${outer.stderr}`);
    const [pid] = childrenOf(outer.pid);
    if (pid !== undefined) {
      const entry = ['nsenter', '--target', String(pid), '--mount', '--pid', '--net', '--cgroup', '--'];
      const entered = new LabHost(host.name, host.namespace, undefined, entry);
      const { stdout } = await entered.run(['systemctl', 'is-active', 'lab.target']);
      if (stdout.trim() === 'active') return entered;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The processes that a process has started. */
function childrenOf(pid: number | undefined): string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  } catch {
    return [];
  }
}
