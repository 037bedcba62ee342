/**
 * The IPv6 leg: the TUN device with its routes, the tables that guard and masquerade it, and forwarding between it and
 * the uplinks. Made in an order in which nothing can leave unmasqueraded, undone in reverse.
 */
import { deviceSteps } from '../install/device.ts';
import { chooseForwarding, observeForwarding } from '../install/forwarding.ts';
import type { Host } from '../install/host.ts';
import { Nft } from '../install/nft.ts';
import { apply, type Step, undo } from '../install/step.ts';
import { arpTableCommands, forcedCommands, type TableSettings, tableCommands } from '../install/table.ts';
import { formatIpv4Prefix, formatIpv6Prefix } from '../mapper/address/prefix.ts';
import { closeTun, type OpenTun, openTun } from './data-plane/tun-linux.ts';
import { type Instance, selfAddress } from './instance.ts';
import type { Log } from './log.ts';
import type { UndoList } from './undo-list.ts';

/** IPv6 headers are longer than IPv4 headers by 20 octets. */
const GROWTH = 20;

export interface Ipv6LegParts {
  readonly instance: Instance;
  readonly host: Host;
  readonly log: Log;
  readonly uplinks: readonly string[];
  /** The smallest IPv6 MTU of the uplinks, in octets. */
  readonly mtu: number;
}

export class Ipv6Leg {
  readonly tun: OpenTun;
  readonly nft: Nft;
  readonly settings: TableSettings;
  /** MTU of the route to the spool, in octets. */
  readonly mtu: number;
  readonly #parts: Ipv6LegParts;
  /** Steps that let packets through the uplinks, in the order they were run. */
  readonly #forwarding: Step[] = [];
  #uplinks: readonly string[] = [];
  #guarded: readonly string[] = [];

  private constructor(parts: Ipv6LegParts, nft: Nft, tun: OpenTun, settings: TableSettings) {
    this.#parts = parts;
    this.nft = nft;
    this.tun = tun;
    this.settings = settings;
    this.mtu = parts.mtu - GROWTH;
  }

  /** Makes the leg; what was done is in `undoing` even when it rejects. */
  static async create(parts: Ipv6LegParts, undoing: UndoList): Promise<Ipv6Leg> {
    const { instance, host, log } = parts;
    const settings = tableSettings(instance);
    const nft = new Nft();
    undoing.add('remove the nft tables', () => nft.close());
    try {
      nft.run(tableCommands(settings));
    } catch (error) {
      throw new Error(`Cannot create the nft table inet ${settings.table}`, { cause: error });
    }
    try {
      nft.run(arpTableCommands(settings));
    } catch (error) {
      log.warn({ err: error }, 'This kernel has no ARP tables: neighbours may learn the self address');
    }
    const tun = openTun(instance.device, instance.queues);
    undoing.add(`close ${instance.device}`, () => closeTun(tun));
    const leg = new Ipv6Leg(parts, nft, tun, settings);
    const steps = deviceSteps({
      device: instance.device,
      self: selfAddress(instance),
      spool: formatIpv4Prefix(instance.spool),
      ula: formatIpv6Prefix(instance.ula),
      mtu: leg.mtu,
    });
    await apply(steps, host);
    undoing.add(`forward between ${instance.device} and the uplinks`, () => leg.#stopForwarding());
    await leg.setUplinks(parts.uplinks);
    return leg;
  }

  /** Lets packets pass between the device and exactly these interfaces. */
  async setUplinks(uplinks: readonly string[]): Promise<void> {
    if (uplinks.length > 0 && uplinks.join(' ') === this.#uplinks.join(' ')) return;
    const { host, instance, log } = this.#parts;
    const choice = chooseForwarding(await observeForwarding(host, instance.device, uplinks));
    // Interfaces that are guarded stay so until nothing of ours makes them forward.
    this.#guarded = [...new Set([...this.#guarded, ...choice.guarded])];
    this.nft.run(forcedCommands(this.settings, this.#guarded));
    await apply(choice.steps, host);
    this.#forwarding.push(...choice.steps);
    this.#uplinks = uplinks;
    log.info({ uplinks, way: choice.way, reasons: choice.reasons }, 'Forwarding between the device and the uplinks');
  }

  get uplinks(): readonly string[] {
    return this.#uplinks;
  }

  async #stopForwarding(): Promise<void> {
    const failures = await undo(this.#forwarding, this.#parts.host);
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  }
}

function tableSettings(instance: Instance): TableSettings {
  return {
    table: instance.table,
    device: instance.device,
    spool: formatIpv4Prefix(instance.spool),
    self: [formatIpv4Prefix(instance.self)],
    ula: formatIpv6Prefix(instance.ula),
    mark: instance.mark,
    markMask: instance.markMask,
    zone: instance.zone,
  };
}
