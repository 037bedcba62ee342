/** What the rules of an instance are made of: its addresses and prefixes as the text that `install/` takes. */
import type { Host } from '../install/host.ts';
import { canKeep } from '../install/nft-kept.ts';
import type { TableSettings } from '../install/table.ts';
import { formatIpv6 } from '../mapper/address/ipv6.ts';
import { formatIpv4Prefix, formatIpv6Prefix } from '../mapper/address/prefix.ts';
import { type Instance, selfAddress, selfAddress6 } from './instance.ts';

/** The tables of an instance. */
export function tableSettings(instance: Instance): TableSettings {
  return {
    table: instance.table,
    device: instance.device,
    spool: formatIpv4Prefix(instance.spool),
    // The one address of the range that is on the device: a network that appears beside it is somebody else's (M3).
    self: [selfAddress(instance)],
    ula: formatIpv6Prefix(instance.ula),
    self6: formatIpv6(selfAddress6(instance)),
    mark: instance.mark,
    markMask: instance.markMask,
    zone: instance.zone,
  };
}

/** Whether the kernel of a host keeps tables of the dead. */
export function keepsTables(host: Pick<Host, 'readText'>): boolean {
  return canKeep(host.readText('/proc/sys/kernel/osrelease') ?? '');
}
