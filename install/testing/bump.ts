/** Everything this folder does to a host, done to a lab host around a device that does nothing by itself. For tests only. */
import { deviceSteps } from '../device.ts';
import { chooseForwarding, observeForwarding } from '../forwarding.ts';
import { Nft } from '../nft.ts';
import { apply } from '../step.ts';
import { arpTableCommands, forcedCommands, type TableSettings, tableCommands } from '../table.ts';
import { inNamespace, namespaceHost } from './namespace.ts';
import { settings } from './settings.ts';
import { Tun } from './tun.ts';

/** The address a translated packet of the self address has. */
export const ulaOfSelf = Buffer.from('fd000b150000000000000000ac157001', 'hex');

export interface Bump {
  readonly nft: Nft;
  readonly tun: Tun;
}

/** Device, sysctls, address and routes, without any table. */
export async function raiseDevice(namespace: string): Promise<Tun> {
  const host = namespaceHost(namespace);
  const tun = inNamespace(namespace, () => new Tun(settings.device));
  const { device, spool, ula } = settings;
  await apply(deviceSteps({ device, self: '172.21.112.1', spool: [spool], ula, mtu: 1480 }), host);
  return tun;
}

/** Tables, in the order of a start: they come before the device. */
export function raiseTables(namespace: string, like: TableSettings = settings): Nft {
  const nft = inNamespace(namespace, () => new Nft());
  nft.run(tableCommands(like));
  nft.run(arpTableCommands(like));
  return nft;
}

/** Everything, with forwarding between the device and `uplink`. */
export async function raise(namespace: string, uplink: string): Promise<Bump> {
  const host = namespaceHost(namespace);
  const nft = raiseTables(namespace);
  const tun = await raiseDevice(namespace);
  const choice = chooseForwarding(await observeForwarding(host, settings.device, [uplink]));
  nft.run(forcedCommands(settings, choice.guarded));
  await apply(choice.steps, host);
  return { nft, tun };
}
