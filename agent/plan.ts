/** What a start would do to the host, in order, as the steps it would run: for `bis daemon --dry-run`. Nothing is done. */

import { dedicatedStep } from '../install/dedicated.ts';
import {
  chooseForwarding,
  type ForwardingChoice,
  type ForwardingObservation,
  observeForwarding,
} from '../install/forwarding.ts';
import { guardedCommands, guardSteps } from '../install/guard.ts';
import type { Host } from '../install/host.ts';
import { familyOf } from '../install/nft-word.ts';
import { printStep, type Step, step } from '../install/step.ts';
import { arpTableCommands, forcedCommands, tableCommands, whyNotCatch } from '../install/table.ts';
import { snoop4Commands } from '../install/table-snoop-chains.ts';
import { formatIpv6Prefix, type Ipv4Prefix, type Ipv6Prefix } from '../mapper/address/prefix.ts';
import type { Config } from './config/config.ts';
import { dedicatedOn } from './dedicated-addresses.ts';
import { deviceStepsOf } from './device-steps.ts';
import { createInstance, type Instance } from './instance.ts';
import { observeResolution } from './network/resolution.ts';
import { Surroundings } from './network/surroundings.ts';
import { decide } from './questions/decide.ts';
import { keepsTables, tableSettings } from './table-settings.ts';

/**
 * The steps of a start on a host whose smallest uplink has this IPv6 MTU, in octets; `kernel` says whether questions are caught
 * and tables kept, `dedicated` gives uplinks their addresses.
 */
export function startSteps(
  instance: Instance,
  kernel: { readonly catches: boolean; readonly keeps: boolean },
  mtu: number,
  forwarding: ForwardingChoice,
  dedicated?: readonly Step[],
): Step[] {
  const settings = { ...tableSettings(instance), ...kernel, dedicated: dedicated !== undefined };
  const { table, device } = instance;
  return [
    step(`make the nft tables ip and ip6 ${table}`, { nft: tableCommands(settings) }),
    step(`make the nft table arp ${table}`, { nft: arpTableCommands(settings) }),
    step(`create ${device}`, ['ip', 'tuntap', 'add', 'dev', device, 'mode', 'tun']),
    ...guardSteps(settings),
    ...deviceStepsOf(instance, mtu).map(({ title, run }) => step(title, run)),
    step('guard the uplinks', {
      nft: forcedCommands(settings, forwarding.guarded) + guardedCommands(settings, forwarding.guarded),
    }),
    ...forwarding.steps,
    ...(dedicated ?? []),
  ];
}

/** The lines of a dry run; `kept` is the range that the spool was in last. Rejects when the host cannot be looked at, or no range is free. */
export async function planLines(config: Config, ula: Ipv6Prefix, host: Host, kept?: Ipv4Prefix): Promise<string[]> {
  const surroundings = await Surroundings.of(host, config.device.name);
  const instance = createInstance(config, ula, surroundings.takenIpv4, kept);
  const cannotCatch = await whyNotCatch(host, tableSettings(instance));
  const { mode, reasons, servers } = decide({
    configured: config.resolver.mode,
    cannotCatch,
    ...(await observeResolution(host)),
  });
  const observation = await observeForwarding(host, instance.device, surroundings.uplinks);
  const forwarding = chooseForwarding(withDevice(observation));
  const dedicated = config.uplink.source === 'dedicated' ? dedicatedSteps(instance, surroundings) : undefined;
  const kernel = { catches: mode === 'snoop', keeps: keepsTables(host) };
  return [
    ...startSteps(instance, kernel, surroundings.mtu, forwarding, dedicated).map(printStep),
    ...(mode === 'snoop' && servers.some(({ address }) => familyOf(address) === 'ip')
      ? [printStep(step('catch what is asked over IPv4', { nft: snoop4Commands(tableSettings(instance), true) }))]
      : []),
    `take questions in mode ${mode}`,
    ...[...reasons, ...forwarding.reasons].map((reason) => `  because ${reason}`),
  ];
}

/** What gives the uplinks their dedicated addresses, if nobody has those. */
function dedicatedSteps(
  { ula }: Instance,
  { interfaces, uplinks }: Pick<Surroundings, 'interfaces' | 'uplinks'>,
): Step[] {
  return interfaces
    .filter(({ name }) => uplinks.includes(name))
    .flatMap((link) => dedicatedOn(link, formatIpv6Prefix(ula)))
    .map(({ device, source }) => dedicatedStep(device, source));
}

/** The observation as it will be when the device is there, which begins as `default` says. */
function withDevice(observation: ForwardingObservation): ForwardingObservation {
  const usual = observation.others.find(({ name }) => name === 'default');
  const ours = observation.ours.map((each) =>
    each.forwarding === undefined ? { ...each, ...usual, name: each.name } : each,
  );
  return { ...observation, ours };
}
