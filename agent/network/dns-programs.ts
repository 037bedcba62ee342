/** Programs of this host that others ask for names: who listens on port 53 in this network namespace, and as whom (ss(8), proc(5)). */
import type { Host } from '../../install/host.ts';

export interface DnsProgram {
  /** 0 for one that cannot be seen: it is another user's, and we may not look. Of it, address and control group are known. */
  readonly pid: number;
  /** As the kernel calls it, at most 15 characters: `dnsmasq`, `systemd-resolve`. Empty for one that cannot be seen. */
  readonly name: string;
  /** Where it listens, without zone; `0.0.0.0` and `::` for all addresses. None where it only asks for others. */
  readonly addresses: readonly string[];
  readonly uid: number;
  /** Its place in the hierarchy of control groups, from the root: `/system.slice/docker.service`. Empty without cgroup2. */
  readonly cgroup: string;
}

const CGROUPS = '/sys/fs/cgroup';

/** Docker asks for its containers and listens in their namespaces, not in this one. */
const DOCKER = { name: 'dockerd', pidFile: '/run/docker.pid', cgroup: '/system.slice/docker.service' } as const;

/** The programs, in no order. Rejects when `ss` cannot be run. */
export async function observeDnsPrograms(host: Host): Promise<DnsProgram[]> {
  const lines = (await host.run(['ss', '-Hlnupe', 'sport = :53'])).split('\n');
  const addresses = new Map<number, string[]>();
  const unseen = new Map<string, string[]>();
  for (const line of lines.filter((text) => text.trim() !== '')) {
    const address = plain(line.trim().split(/\s+/)[3]?.replace(/:53$/, '') ?? '');
    const pids = [...line.matchAll(/\bpid=(\d+)/g)].map(([, pid]) => Number(pid));
    for (const pid of pids) addresses.set(pid, [...(addresses.get(pid) ?? []), address]);
    if (pids.length > 0) continue;
    const cgroup = await cgroupIn(host, line);
    unseen.set(cgroup, [...(unseen.get(cgroup) ?? []), address]);
  }
  const docker = Number(host.readText(DOCKER.pidFile)?.trim());
  if (docker > 0 && isOf(host, docker, DOCKER.name)) addresses.set(docker, addresses.get(docker) ?? []);
  else if (docker > 0 && isUnseenIn(host, docker, DOCKER.cgroup)) unseen.set(DOCKER.cgroup, []);
  return [
    ...[...addresses].flatMap(([pid, where]) => readProgram(host, pid, where)),
    // Whose socket it is would not help: programs make it as root, and become somebody else.
    ...[...unseen].map(([cgroup, where]) => ({ pid: 0, name: '', addresses: where, uid: 0, cgroup })),
  ];
}

/**
 * The control group in a line of `ss -e`. Without root `ss` has no more than its number, in hexadecimal, which is that of
 * its directory. Empty where it cannot be known.
 */
async function cgroupIn(host: Host, line: string): Promise<string> {
  const text = /\bcgroup:(\S+)/.exec(line)?.[1] ?? '';
  const number = /^unreachable:([0-9a-f]+)$/.exec(text)?.[1];
  if (number === undefined) return text;
  const inode = BigInt(`0x${number}`).toString();
  const found = host.run(['find', CGROUPS, '-xdev', '-type', 'd', '-inum', inode, '-print', '-quit']);
  return (await found.catch(() => '')).trim().slice(CGROUPS.length);
}

/** `127.0.0.53%lo`, `[fe80::1]%br0`, `*`: without zone and brackets; `*` is `::` for both families. */
function plain(address: string): string {
  const text = address.replace(/%[^\]]*$/, '').replace(/[[\]]/g, '');
  return text === '*' ? '::' : text;
}

/** Whether a process has this name and is in our network namespace: numbers in files may be of long ago. */
function isOf(host: Host, pid: number, name: string): boolean {
  const own = host.readLink('/proc/self/ns/net');
  return host.readText(`/proc/${pid}/comm`)?.trim() === name && namespaceOf(host, pid) === own;
}

/** Of the network; `undefined` if the process is not there, or another user's of which we may not know it. */
function namespaceOf(host: Host, pid: number): string | undefined {
  try {
    return host.readLink(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Whether a process that cannot be seen is in a control group, whose list everybody may read. */
function isUnseenIn(host: Host, pid: number, cgroup: string): boolean {
  if (namespaceOf(host, pid) !== undefined) return false;
  return (host.readText(`${CGROUPS}${cgroup}/cgroup.procs`) ?? '').split('\n').includes(String(pid));
}

function readProgram(host: Host, pid: number, addresses: readonly string[]): DnsProgram[] {
  const name = host.readText(`/proc/${pid}/comm`)?.trim();
  const uid = /^Uid:\s+(\d+)/m.exec(host.readText(`/proc/${pid}/status`) ?? '')?.[1];
  // It has ended in the meantime.
  if (name === undefined || uid === undefined) return [];
  const cgroup = /^0::(\/.*)$/m.exec(host.readText(`/proc/${pid}/cgroup`) ?? '')?.[1] ?? '';
  return [{ pid, name, addresses, uid: Number(uid), cgroup }];
}
