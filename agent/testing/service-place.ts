/** The daemon as its unit starts it (S11): the bundle in a place of its own, a user with its capabilities and no more. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundle } from '../../install/bundle.ts';

/** Nobody's, and not that of `nobody`. */
export const SERVICE_USER = 64_531;

export const unit = fs.readFileSync(new URL('../../install/bis.service', import.meta.url), 'utf8');

/** The capabilities of the unit, as setpriv(1) writes them. */
export const granted: readonly string[] = (/^AmbientCapabilities=(.*)$/m.exec(unit)?.[1] ?? '')
  .toLowerCase()
  .replaceAll('cap_', '+')
  .split(' ');

export class ServicePlace {
  readonly directory: string;
  /** The command. */
  readonly bis: string;
  /** The option that says which daemon is meant. */
  readonly runtime: readonly string[];

  private constructor(directory: string) {
    this.directory = directory;
    this.bis = path.join(directory, 'lib/agent/bis');
    this.runtime = ['--runtime-dir', path.join(directory, 'run')];
  }

  /** Makes the bundle, and directories as systemd would. */
  static async make(): Promise<ServicePlace> {
    const place = fs.mkdtempSync(path.join(os.tmpdir(), 'bis-service-'));
    fs.chmodSync(place, 0o755);
    await bundle(path.join(place, 'lib'));
    for (const name of ['run', 'state']) {
      fs.mkdirSync(path.join(place, name), { mode: name === 'run' ? 0o755 : 0o700 });
      fs.chownSync(path.join(place, name), SERVICE_USER, SERVICE_USER);
    }
    return new ServicePlace(place);
  }

  /** What runs the daemon; with `capabilities` instead of those it has there. */
  daemon(capabilities: readonly string[] = granted): string[] {
    const place = this.directory;
    const words = [this.bis, 'daemon', ...this.runtime, '--state-dir', path.join(place, 'state')];
    // What udev makes of it on a machine: everybody may open it, and needs a capability to make a device.
    const tun = `test -e ${place}/tun || mknod -m 666 ${place}/tun c 10 200; mount --bind ${place}/tun /dev/net/tun`;
    return ['unshare', '-m', 'sh', '-c', `${tun}; exec "$@"`, 'sh', ...this.asUser(capabilities), ...words];
  }

  /** What runs another command as the user of the service. */
  asUser(capabilities: readonly string[] = []): string[] {
    const set = ['-all', ...capabilities].join(',');
    const as = ['setpriv', `--reuid=${SERVICE_USER}`, `--regid=${SERVICE_USER}`, '--clear-groups', '--no-new-privs'];
    return [...as, `--inh-caps=${set}`, `--ambient-caps=${set}`, `--bounding-set=${set}`];
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true });
  }
}
