/**
 * Letting IPv6 packets pass between the device and the uplinks without making the host a router (RFC 4861 §6.2.2: one
 * that answers as a router, and stops listening to Router Advertisements). What to do is a pure choice from what is
 * observed, with its reasons.
 */
import type { Host } from './host.ts';
import { checkedInterfaceName } from './interface-name.ts';
import { type Step, step } from './step.ts';

/** What one interface's sysctls hold, or `undefined` where the kernel has no such file. */
export interface InterfaceForwarding {
  readonly name: string;
  /** Whether packets that come in here are forwarded although the host is no router; Linux 6.17 and later. */
  readonly forceForwarding: string | undefined;
  /** Whether the host is a router on this interface. */
  readonly forwarding: string | undefined;
  /** 1: Router Advertisements are heeded while `forwarding` is 0; 2: always. */
  readonly acceptRa: string | undefined;
}

export interface ForwardingObservation {
  /** `net.ipv6.conf.all.forwarding`, or `undefined` when the kernel has no IPv6. */
  readonly all: string | undefined;
  /** The device and the uplinks: where packets of ours come in. */
  readonly ours: readonly InterfaceForwarding[];
  /** Every other interface, `default` included: `all.forwarding` changes them too. */
  readonly others: readonly InterfaceForwarding[];
}

export interface ForwardingChoice {
  /** `already`: somebody else forwards; `force`: `force_forwarding`; `router`: `all.forwarding`; `none`: no IPv6. */
  readonly way: 'already' | 'force' | 'router' | 'none';
  readonly steps: readonly Step[];
  /** Interfaces that will forward because of us: to be guarded (`forcedCommands`) before the steps run. */
  readonly guarded: readonly string[];
  /** In words, for the log and the status. */
  readonly reasons: readonly string[];
}

const CONF = '/proc/sys/net/ipv6/conf';

function pathOf(name: string, key: string): string {
  return `${CONF}/${name}/${key}`;
}

/** Reads what one interface's sysctls hold. */
function observeInterface(host: Host, name: string): InterfaceForwarding {
  const read = (key: string): string | undefined => host.readText(pathOf(name, key))?.trim();
  return {
    name,
    forceForwarding: read('force_forwarding'),
    forwarding: read('forwarding'),
    acceptRa: read('accept_ra'),
  };
}

/** The names of all interfaces of this network namespace, as `ip` prints them. */
async function interfaceNames(host: Host): Promise<string[]> {
  const links = JSON.parse(await host.run(['ip', '-j', 'link', 'show'])) as { ifname: string }[];
  return links.map(({ ifname }) => ifname);
}

/** Reads the sysctls of all interfaces. Rejects when a name of ours is none, or `ip` fails. */
export async function observeForwarding(
  host: Host,
  device: string,
  uplinks: readonly string[],
): Promise<ForwardingObservation> {
  const ours = new Set([device, ...uplinks].map(checkedInterfaceName));
  const others = (await interfaceNames(host)).filter((name) => !ours.has(name));
  return {
    all: host.readText(pathOf('all', 'forwarding'))?.trim(),
    ours: [...ours].map((name) => observeInterface(host, name)),
    others: ['default', ...others].map((name) => observeInterface(host, name)),
  };
}

/** Sets a sysctl; undone only while it holds what was set, so that what others changed since stays. */
function sysctlStep(name: string, key: string, from: string, to: string): Step {
  const path = pathOf(name, key);
  return step(`set ${path} to ${to}`, { path, text: to }, { path, text: from, onlyIf: to });
}

function forceSteps(interfaces: readonly InterfaceForwarding[]): Step[] {
  return interfaces
    .filter(({ forceForwarding }) => forceForwarding === '0')
    .map(({ name }) => sysctlStep(name, 'force_forwarding', '0', '1'));
}

/**
 * The steps before Linux 6.17. `accept_ra` comes first, or the kernel drops the default route it learnt. Undoing goes
 * the other way round: `all.forwarding` back to 0, which sets every interface to 0, then those that were 1 before.
 */
function routerSteps(interfaces: readonly InterfaceForwarding[]): Step[] {
  const path = pathOf('all', 'forwarding');
  return [
    ...interfaces.filter(({ acceptRa }) => acceptRa === '1').map(({ name }) => sysctlStep(name, 'accept_ra', '1', '2')),
    ...interfaces
      .filter(({ forwarding }) => forwarding === '1')
      .map(({ name }) => {
        const own = { path: pathOf(name, 'forwarding'), text: '1' };
        return step(`keep ${own.path} at 1`, own, own);
      }),
    step(`set ${path} to 1`, { path, text: '1' }, { path, text: '0', onlyIf: '1' }),
  ];
}

/** The sysctls that have to stay on for packets to pass, when this way was chosen and its steps are done. */
export function neededSysctls(way: ForwardingChoice['way'], { ours }: ForwardingObservation): string[] {
  if (way === 'router') return [pathOf('all', 'forwarding')];
  if (way !== 'force') return [];
  const there = ours.filter(({ forceForwarding }) => forceForwarding !== undefined);
  return there.map(({ name }) => pathOf(name, 'force_forwarding'));
}

/** Chooses the way with the least effect that lets packets pass between the device and the uplinks. */
export function chooseForwarding({ all, ours, others }: ForwardingObservation): ForwardingChoice {
  if (all === undefined) return { way: 'none', steps: [], guarded: [], reasons: ['the kernel has no IPv6 here'] };
  if (all !== '0') {
    return {
      way: 'already',
      steps: [],
      guarded: [],
      reasons: ['all.forwarding is on already: nothing is set or guarded'],
    };
  }
  const [device] = ours;
  // An interface that went while we looked has no files at all, which says nothing of the kernel.
  if ([...ours, ...others].some(({ forceForwarding }) => forceForwarding !== undefined)) {
    const changed = ours.filter(({ forceForwarding }) => forceForwarding === '0').map(({ name }) => name);
    const kept = ours.filter(({ forceForwarding }) => forceForwarding === '1').map(({ name }) => name);
    return {
      way: 'force',
      steps: forceSteps(ours),
      guarded: changed.filter((name) => name !== device?.name),
      reasons: [
        'the kernel has force_forwarding: the host stays no router',
        ...(kept.length === 0 ? [] : [`force_forwarding is on already: ${kept.join(', ')}`]),
      ],
    };
  }
  return {
    way: 'router',
    steps: routerSteps([...others, ...ours]),
    guarded: [...ours, ...others].map(({ name }) => name).filter((name) => name !== device?.name && name !== 'default'),
    reasons: ['the kernel has no force_forwarding (before 6.17): all.forwarding, with accept_ra=2 first'],
  };
}
