/** A real systemd-resolved on a host of the lab, with a D-Bus of its own and without systemd (org.freedesktop.resolve1(5)). */
import type { LabHost } from './lab-host.ts';
import { writeFile } from './own-system.ts';
import type { Program } from './program.ts';
import { toolPath } from './tools.ts';

/** A user number that no system gives away by itself. */
const USER = 64_953;

export interface ResolvedOptions {
  /** Lines of `resolved.conf` in its section `[Resolve]`: `DNSSEC=no`. */
  readonly settings?: readonly string[];
  /** The services after `hosts:` in nsswitch.conf; nss-resolve(8) recommends what stands here by default. */
  readonly hosts?: string;
}

/**
 * Starts systemd-resolved on a host that has a system of its own, points resolv.conf at its stub, and waits until it
 * answers on the bus. The servers of links are given with `resolvectl dns`.
 */
export async function startResolved(host: LabHost, options: ResolvedOptions = {}): Promise<Program> {
  const { settings = [], hosts = 'resolve [!UNAVAIL=return] files dns' } = options;
  await host.must(['tee', '-a', '/etc/passwd'], {
    input: `systemd-resolve:x:${USER}:${USER}::/:/usr/sbin/nologin\n`,
  });
  await host.must(['tee', '-a', '/etc/group'], { input: `systemd-resolve:x:${USER}:\n` });
  await writeFile(host, '/etc/nsswitch.conf', `passwd: files\ngroup: files\nshadow: files\nhosts: ${hosts}\n`);
  // Multicast would put questions on the link that the tests do not ask.
  const quiet = ['LLMNR=no', 'MulticastDNS=no', 'FallbackDNS='];
  await writeFile(host, '/etc/systemd/resolved.conf', `[Resolve]\n${[...quiet, ...settings].join('\n')}\n`);
  await host.must(['ln', '-sfn', '../run/systemd/resolve/stub-resolv.conf', '/etc/resolv.conf']);
  await host.must(['mkdir', '-p', '/run/dbus', '/run/systemd/resolve']);
  await host.must(['chown', `${USER}:${USER}`, '/run/systemd/resolve']);
  await host.must(['dbus-daemon', '--system', '--fork', '--nopidfile']);
  return runResolved(host);
}

/** Runs systemd-resolved again where `startResolved` has prepared everything. */
export async function runResolved(host: LabHost): Promise<Program> {
  const program = host.start([toolPath('systemd-resolved')]);
  const deadline = performance.now() + 10_000;
  while ((await host.run(['resolvectl', 'status'])).status !== 0) {
    if (!program.isRunning || performance.now() > deadline) throw new Error(`It does not start: ${program.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return program;
}
