/** What the IPv6 leg begins with: tables of ours, and a device, neither of which may be there already. */
import type { Host } from '../install/host.ts';
import type { Nft } from '../install/nft.ts';
import { arpTableCommands, type TableSettings, tableCommands } from '../install/table.ts';
import { type OpenTun, openTun } from './data-plane/tun-linux.ts';
import type { Instance } from './instance.ts';
import type { Log } from './log.ts';
import { isTaken, patiently } from './patiently.ts';

/**
 * Makes our tables, which has to be done before there is a device. Rejects when they are there already. Returns
 * whether there is the one of ARP.
 */
export async function makeTables(nft: Pick<Nft, 'run'>, settings: TableSettings, log: Log): Promise<boolean> {
  try {
    await patiently(() => nft.run(tableCommands(settings)));
  } catch (cause) {
    if (!isTaken(cause)) throw new Error(`Cannot create the nft tables ${settings.table}`, { cause });
    throw new Error(
      `Cannot create the nft tables ${settings.table}: they are there, so another agent runs in this network namespace`,
    );
  }
  try {
    nft.run(arpTableCommands(settings));
    return true;
  } catch (error) {
    log.warn(
      { err: error },
      `Cannot create the nft table arp ${settings.table}: neighbours may learn the self address`,
    );
    return false;
  }
}

/** Opens the device. Rejects when there is an interface of that name: opening would take over a TUN device somebody made. */
export async function makeDevice({ device, queues }: Instance, host: Host): Promise<OpenTun> {
  return patiently(() => {
    if (host.readText(`/proc/sys/net/ipv4/conf/${device}/forwarding`) !== undefined) {
      throw new Error(`Cannot create ${device}: File exists`);
    }
    return openTun(device, queues);
  });
}
