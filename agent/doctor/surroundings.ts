/** What `bis` finds around it, and what it concludes: uplinks, ranges, forwarding, firewalls, how questions are taken. */
import { findBlockingChains } from '../../install/firewall.ts';
import { chooseForwarding, observeForwarding } from '../../install/forwarding.ts';
import type { Host } from '../../install/host.ts';
import { whyNotCatch } from '../../install/table.ts';
import { formatIpv4Prefix, type Ipv4Prefix, type Ipv6Prefix } from '../../mapper/address/prefix.ts';
import type { Config } from '../config/config.ts';
import { createInstance, type Instance } from '../instance.ts';
import { type Owner, observeResolution } from '../network/resolution.ts';
import { Surroundings } from '../network/surroundings.ts';
import { decide } from '../questions/decide.ts';
import { tableSettings } from '../table-settings.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

/** Looks at the network and judges it; `kept` is the range that the spool was in last. What cannot be looked at is a finding, too; never rejects. */
export async function surroundingFindings(
  config: Config,
  ula: Ipv6Prefix,
  host: Host,
  isUp: boolean,
  kept?: Ipv4Prefix,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const around = await Surroundings.of(host, config.device.name);
    findings.push(uplinkFinding(around.uplinks, around.mtu));
    // The ranges of a daemon that is up are in use by itself.
    const instance = createInstance(config, ula, isUp ? [] : around.takenIpv4, kept);
    findings.push(
      pass(
        'ranges',
        `${formatIpv4Prefix(instance.spool)} is the spool, ${formatIpv4Prefix(instance.self)} the device's.`,
      ),
    );
    findings.push(await forwardingFinding(host, instance, around.uplinks));
    findings.push(...(await firewallFindings(host, instance, around.uplinks)));
    findings.push(...(await questionFindings(config, host, instance)));
  } catch (error) {
    findings.push(fail('network', `${error instanceof Error ? error.message : error}.`));
  }
  return findings;
}

export function uplinkFinding(uplinks: readonly string[], mtu: number): Finding {
  if (uplinks.length > 0) return pass('uplink', `IPv6 leaves by ${uplinks.join(', ')}, the smallest MTU is ${mtu}.`);
  return fail(
    'uplink',
    'No interface has an IPv6 route: IPv6 peers cannot be reached.',
    'bring up an interface with IPv6',
  );
}

async function forwardingFinding(host: Host, { device }: Instance, uplinks: readonly string[]): Promise<Finding> {
  const { way, reasons } = chooseForwarding(await observeForwarding(host, device, uplinks));
  const text = `Forwarding between device and uplinks: ${way}, because ${reasons.join('; ')}.`;
  return way === 'none' ? fail('forwarding', text, 'enable IPv6 in the kernel') : pass('forwarding', text);
}

async function firewallFindings(
  host: Host,
  { device, table }: Instance,
  uplinks: readonly string[],
): Promise<Finding[]> {
  const closed = await findBlockingChains(host, { table, device, uplinks });
  if (closed.length === 0)
    return [pass('firewall', 'No other firewall drops translated packets, as far as its rules can be read.')];
  return closed.map(({ family, table: name, chain, reason, command }) =>
    warn('firewall', `Chain ${chain} of table ${family} ${name} drops translated packets: ${reason}.`, command),
  );
}

function ownerText(owner: Owner | undefined): string {
  if (owner === undefined) return 'There is no /etc/resolv.conf.';
  return owner === 'unknown' ? 'Nobody says who writes /etc/resolv.conf.' : `/etc/resolv.conf is written by ${owner}.`;
}

async function questionFindings(config: Config, host: Host, instance: Instance): Promise<Finding[]> {
  const cannotCatch = await whyNotCatch(host, tableSettings(instance));
  const resolution = await observeResolution(host);
  const { mode, reasons, servers, gaps } = decide({ configured: config.resolver.mode, cannotCatch, ...resolution });
  const owner = ownerText(resolution.owner);
  const caught = servers.map(({ address, zone }) => (zone === '' ? address : `${address}%${zone}`)).join(', ');
  const how = `Questions are taken in mode ${mode}${caught === '' ? '' : `, from ${caught}`}. ${reasons.join(' ')}`;
  return [
    resolution.owner === undefined ? warn('resolv.conf', owner) : pass('resolv.conf', owner),
    mode === 'listen' && config.resolver.mode === 'auto' ? warn('questions', how) : pass('questions', how),
    ...gaps.map(({ code, text, command }) => warn(code, text, command)),
  ];
}
