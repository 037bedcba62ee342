/**
 * Whose questions pass untouched (D12): programs that ask for others than this host, whose guests would be handed spool
 * addresses that they cannot reach, and stubs, in front of which questions are caught. A pure conclusion from who listens on port 53, and from the configuration.
 */
import type { Passing } from '../../install/table-snoop.ts';
import type { ExceptProgram } from '../config/config.ts';
import type { Reason } from '../control/agent.ts';
import type { DnsProgram } from '../network/dns-programs.ts';
import { isLoopback } from '../network/name-servers.ts';

/** The stub of this host, even where it was told to listen for others too: nss-resolve has no other. */
const OWN_STUB = 'systemd-resolve';
const OWN_STUB_SERVICE = '/systemd-resolved.service';

/** What the conclusion is drawn from. */
export interface PassingObservations {
  readonly programs: readonly DnsProgram[];
  readonly configured: readonly ExceptProgram[];
  /** Servers on this host that questions are caught in front of: what they ask themselves was caught before, and passes. */
  readonly stubs: readonly string[];
  /** The number of a user. */
  readonly uidOf: (name: string) => number | undefined;
}

export interface PassingDecision {
  readonly passing: Passing;
  /** Programs that should pass and cannot be told apart from others. */
  readonly gaps: readonly Reason[];
}

/** Whether a program asks for others: it listens where they can reach it, or it is known to ask for its containers. */
function servesOthers({ addresses, name, pid, cgroup }: DnsProgram): boolean {
  const isOwnStub = name === OWN_STUB || (pid === 0 && cgroup.endsWith(OWN_STUB_SERVICE));
  return pid !== process.pid && !isOwnStub && !(addresses.length > 0 && addresses.every(isLoopback));
}

function called({ pid, name, addresses }: DnsProgram): string {
  return pid === 0 ? `A program that cannot be seen (at ${addresses.join(', ')})` : `The program ${name} (pid ${pid})`;
}

/**
 * A control group of a service of its own. Not one of a login: everything a person starts in it would pass.
 */
function isOfService(cgroup: string): boolean {
  return /\.(service|scope)(\/|$)/.test(cgroup) && !/^\/user\.slice\//.test(cgroup);
}

/** Draws the conclusion. */
export function whoPasses({ programs, configured, stubs, uidOf }: PassingObservations): PassingDecision {
  const uids = new Set<number>();
  const cgroups = new Set<string>();
  const gaps: Reason[] = [];
  const gap = (text: string): void => void gaps.push({ code: 'guests', text });
  const isStub = ({ addresses }: DnsProgram): boolean => addresses.some((address) => stubs.includes(address));
  for (const program of programs.filter((each) => servesOthers(each) || isStub(each))) {
    if (program.uid !== 0) uids.add(program.uid);
    else if (isOfService(program.cgroup)) cgroups.add(program.cgroup.slice(1));
    else if (servesOthers(program))
      gap(
        `${called(program)} asks for others and runs as root in no service: ` +
          'its guests may be given addresses that they cannot reach. `exceptPrograms` can name its control group.',
      );
  }
  for (const except of configured) {
    if (except.kind === 'cgroup') {
      cgroups.add(except.path);
      continue;
    }
    const uid = /^\d+$/.test(except.user) ? Number(except.user) : uidOf(except.user);
    if (uid === undefined) gap(`There is no user ${except.user}, whose questions \`exceptPrograms\` lets pass.`);
    else uids.add(uid);
  }
  return { passing: { uids: [...uids].sort((a, b) => a - b), cgroups: [...cgroups].sort() }, gaps };
}

/** The number of a user in the text of passwd(5); `undefined` when it has none of that name. */
export function uidIn(passwd: string, name: string): number | undefined {
  const line = passwd.split('\n').find((text) => text.startsWith(`${name}:`));
  const uid = line?.split(':')[2];
  return uid !== undefined && /^\d+$/.test(uid) ? Number(uid) : undefined;
}
