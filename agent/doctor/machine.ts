/** What `bis` needs of the machine: kernel, programs, libraries, capabilities. */
import { closeSync, openSync } from 'node:fs';
import type { Host } from '../../install/host.ts';
import { hasCapability } from '../capabilities.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

/** Linux versions and what came with them (README.md). */
const OWNER_TABLES = [5, 12];
const UDP_OFFLOAD = [6, 2];
const FORCE_FORWARDING = [6, 17];

function isAtLeast(release: string, [major = 0, minor = 0]: readonly number[]): boolean {
  const [ours = 0, minors = 0] = release.split(/[.-]/).map(Number);
  return ours > major || (ours === major && minors >= minor);
}

/** What the kernel of this release (uname(2)) has. */
export function kernelFinding(release: string): Finding {
  if (!isAtLeast(release, OWNER_TABLES)) {
    return fail('kernel', `Linux ${release} has no nft tables with an owner.`, 'use Linux 5.12 or newer');
  }
  const lacks = [
    isAtLeast(release, UDP_OFFLOAD) ? '' : 'offload of UDP (6.2)',
    isAtLeast(release, FORCE_FORWARDING) ? '' : 'forwarding without becoming a router (6.17)',
  ].filter(Boolean);
  if (lacks.length === 0) return pass('kernel', `Linux ${release} has all that is used.`);
  return warn('kernel', `Linux ${release} works, without ${lacks.join(' and ')}.`);
}

export function tunFinding(path = '/dev/net/tun'): Finding {
  try {
    closeSync(openSync(path, 'r+'));
    return pass('tun', `${path} can be opened.`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    const advice = code === 'EACCES' ? 'run it as root, or let the user open it' : 'modprobe tun';
    return fail('tun', `${path} cannot be opened: ${code}.`, advice);
  }
}

/** `load` makes what is asked for, or throws. */
export function libraryFinding(code: string, what: string, load: () => void, advice: string): Finding {
  try {
    load();
    return pass(code, `${what} can be loaded.`);
  } catch (error) {
    return fail(code, `${what} cannot be loaded: ${error instanceof Error ? error.message : error}.`, advice);
  }
}

/** The programs that are run, and the Debian packages that have them. */
export async function programFindings(host: Host): Promise<Finding[]> {
  const programs = { ip: ['-V', 'iproute2'], nft: ['-v', 'nftables'] } as const;
  return Promise.all(
    Object.entries(programs).map(async ([name, [flag, debian]]) => {
      try {
        return pass(name, `${(await host.run([name, flag])).trim()}.`);
      } catch {
        return fail(name, `The program ${name} cannot be run.`, `apt-get install ${debian}`);
      }
    }),
  );
}

export function capabilityFindings(has: typeof hasCapability = hasCapability): Finding[] {
  const admin = has('CAP_NET_ADMIN')
    ? pass('net-admin', 'CAP_NET_ADMIN is there.')
    : fail(
        'net-admin',
        'CAP_NET_ADMIN is not there: nothing can be started.',
        'run it as root, or as the service does',
      );
  const bind = has('CAP_NET_BIND_SERVICE')
    ? pass('net-bind', 'CAP_NET_BIND_SERVICE is there.')
    : warn('net-bind', 'CAP_NET_BIND_SERVICE is not there: mode listen cannot use port 53.');
  return [admin, bind];
}
