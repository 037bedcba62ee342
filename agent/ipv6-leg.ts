/**
 * The IPv6 leg: the TUN device with its routes, the tables that guard and masquerade it, and forwarding between it and
 * the uplinks. Made in an order in which nothing can leave unmasqueraded, undone in reverse.
 */
import { guardCommands, guardedCommands, guardSteps, isGuardWhole } from '../install/guard.ts';
import type { Host } from '../install/host.ts';
import type { Journal } from '../install/journal.ts';
import { Nft } from '../install/nft.ts';
import { apply } from '../install/step.ts';
import { forcedCommands, guestsCommands, type TableSettings } from '../install/table.ts';
import { denyCommands } from '../install/table-deny.ts';
import { type ExposedPorts, recipientCommands } from '../install/table-recipient.ts';
import { formatIpv6Prefix } from '../mapper/address/prefix.ts';
import type { UplinkConfig } from './config/config.ts';
import { isNothing } from './config/ports.ts';
import type { Reason } from './control/agent.ts';
import { closeTun, type OpenTun } from './data-plane/tun-linux.ts';
import { deviceStepsOf, HEADER_GROWTH } from './device-steps.ts';
import { Forwarding } from './forwarding.ts';
import { type Instance, selfAddress } from './instance.ts';
import { makeDevice, makeTables } from './leg-beginning.ts';
import { LegSources, type SourceSurroundings } from './leg-sources.ts';
import type { Log } from './log.ts';
import { LookedAtFlags } from './looked-at-flags.ts';
import type { PreferredSource } from './network/flow-sources.ts';
import { guestInterfaces } from './network/guests.ts';
import type { Surroundings } from './network/surroundings.ts';
import { straying } from './network/ways.ts';
import type { Repairs } from './repairs.ts';
import { RoutedRanges } from './routed-ranges.ts';
import { keepsTables, tableSettings } from './table-settings.ts';
import type { UndoList } from './undo-list.ts';
import { unreadPackets } from './unread-packets.ts';

export interface Ipv6LegParts {
  readonly instance: Instance;
  readonly host: Host;
  readonly log: Log;
  readonly journal: Journal;
  readonly repairs: Repairs;
  /** Whether questions are caught by the tables. */
  readonly catches: boolean;
  /** The IPv4 prefixes that are to lead to the device, as text. */
  readonly prefixes: () => readonly string[];
  /** The addresses of the device, as text; programs send from the first. */
  readonly selves: () => readonly string[];
  /** Whose source packets get, and who may not send any (S16). */
  readonly uplink: Pick<UplinkConfig, 'source' | 'denyUsers'>;
}

/** What the leg follows. */
export type LegSurroundings = SourceSurroundings & Pick<Surroundings, 'defaultDevices' | 'mtu' | 'isDeviceWhole'>;

export class Ipv6Leg {
  readonly tun: OpenTun;
  readonly nft: Nft;
  readonly #parts: Ipv6LegParts;
  readonly #settings: TableSettings;
  readonly #forwarding: Forwarding;
  readonly #ranges: RoutedRanges;
  readonly #sources: LegSources;
  #uplinks: readonly string[] = [];
  #mtu = 0;
  #straying: readonly Reason[] = [];
  #isExposed = false;

  private constructor(
    parts: Ipv6LegParts,
    nft: Nft,
    tun: OpenTun,
    settings: TableSettings,
    hasArp: boolean,
    looks: LookedAtFlags,
  ) {
    const { host, instance, journal, log, repairs } = parts;
    this.#parts = parts;
    this.nft = nft;
    this.tun = tun;
    this.#settings = settings;
    this.#sources = new LegSources({ ...parts, nft, settings });
    this.#ranges = new RoutedRanges({ host, nft, settings, self: selfAddress(instance), hasArp });
    // Where nothing is kept there are two of them: nobody can remove the one in our own table, and nothing takes the other one
    // away with us.
    const guard = (interfaces: readonly string[]): void => {
      nft.run(forcedCommands(settings, interfaces));
      try {
        nft.run(guardedCommands(settings, interfaces, parts.prefixes()));
      } catch (error) {
        // Somebody has just removed it, and the watch has not noticed yet.
        if (settings.keeps === true || !/No such file/.test(String(error))) throw error;
        nft.run(guardCommands(settings) + guardedCommands(settings, interfaces, parts.prefixes()));
      }
    };
    const isZero = (path: string): boolean => looks.isZero(path);
    this.#forwarding = new Forwarding({ device: instance.device, host, log, journal, repairs, guard, isZero });
  }

  /** Makes the leg; what was done is in `undoing` even when it rejects. */
  static async create(parts: Ipv6LegParts, surroundings: LegSurroundings, undoing: UndoList): Promise<Ipv6Leg> {
    const { catches, instance, journal, log, uplink } = parts;
    const nft = new Nft();
    undoing.add('remove the nft tables', () => nft.close());
    const settings: TableSettings = {
      ...tableSettings(instance),
      catches,
      keeps: keepsTables(parts.host),
      dedicated: uplink.source === 'dedicated',
      get self() {
        return parts.selves();
      },
    };
    const hasArp = await makeTables(nft, settings, log);
    const denied = denyCommands(settings, parts.uplink.denyUsers);
    if (denied !== '') nft.run(denied);
    const tun = await makeDevice(instance, parts.host);
    undoing.add(`remove ${instance.device}`, () => closeTun(tun));
    // The device is down, nothing leads to it and nobody serves it: what bounds its packets need not be there before.
    const guard = guardSteps(settings);
    journal.note(guard);
    await apply(guard, { ...parts.host, nft: (commands) => void nft.run(commands) });
    const looks = new LookedAtFlags();
    undoing.add('close what is looked at', () => looks.close());
    const leg = new Ipv6Leg(parts, nft, tun, settings, hasArp, looks);
    await leg.follow(surroundings);
    await leg.#sources.settle(surroundings);
    return leg;
  }

  /**
   * Makes routes and forwarding fit, and mends the device where somebody took it down or emptied it (S6). Rejects with
   * what could not be done; calling again mends it.
   */
  async follow(surroundings: LegSurroundings): Promise<void> {
    const { host, instance, log, repairs } = this.#parts;
    const { mtu, uplinks } = surroundings;
    const routed = this.#parts.prefixes();
    const selves = this.#parts.selves();
    await this.#ranges.follow({ prefixes: routed, selves }, async (isMoved) => {
      const destinations = [...routed.map((prefix) => prefix.replace(/\/32$/, '')), formatIpv6Prefix(instance.ula)];
      const isWhole = selves.every((self) => surroundings.isDeviceWhole(self, destinations));
      if (mtu === this.#mtu && isWhole) return;
      const isRepair = mtu === this.#mtu && !isMoved;
      if (isRepair) log.warn(`Somebody changed the address or the routes of ${instance.device}`);
      if (!isRepair || repairs.may('the device')) await apply(deviceStepsOf(instance, mtu, routed, selves), host);
    });
    await this.#forwarding.follow(uplinks);
    await this.#sources.follow(surroundings);
    // Routes of ours that are not mended any more are a reason of their own.
    const ways = { device: instance.device, spool: routed[0] ?? '', ula: this.#settings.ula, uplinks };
    this.#straying = repairs.givenUp.includes('the device') ? [] : await straying(host, ways);
    this.nft.run(guestsCommands(this.#settings, await guestInterfaces(host, surroundings.defaultDevices)));
    this.#uplinks = uplinks;
    this.#mtu = mtu;
  }

  /** The addresses that only translated packets have. */
  get dedicated(): readonly PreferredSource[] {
    return this.#sources.dedicated;
  }

  /** What policy rules lead elsewhere. */
  get straying(): readonly Reason[] {
    return this.#straying;
  }

  /** Whether somebody has ended forwarding, which `follow` mends. Cheap enough for a timer. */
  get isForwardingEnded(): boolean {
    return this.#forwarding.isEnded;
  }

  /** Makes the forward guard anew when somebody took it, or a part of it (S6). Rejects when `nft` cannot be run. */
  async mendGuard(): Promise<void> {
    const { host, log, prefixes, repairs } = this.#parts;
    const interfaces = this.#forwarding.guarded;
    if (await isGuardWhole(host, this.#settings, interfaces)) return;
    log.warn('Somebody changed the forward guard');
    // Counted and not limited: nothing may forward without it.
    repairs.may('the forward guard');
    this.nft.run(guardCommands(this.#settings) + guardedCommands(this.#settings, interfaces, prefixes()));
  }

  /** Lets peers reach exactly these ports. Throws when nft or the kernel refuses; then it is as it was. */
  expose(exposed: ExposedPorts): void {
    try {
      this.nft.run(recipientCommands(this.#settings, exposed));
    } catch (cause) {
      throw new Error('Cannot change which ports are exposed', { cause });
    }
    this.#isExposed = !isNothing(exposed);
  }

  /** Whether peers may begin flows. */
  get isExposed(): boolean {
    return this.#isExposed;
  }

  get uplinks(): readonly string[] {
    return this.#uplinks;
  }

  /** The MTU of the route to the spool, in octets. */
  get mtu(): number {
    return this.#mtu - HEADER_GROWTH;
  }

  /** Packets that the kernel dropped because they came faster than they were read. */
  get unread(): number {
    return unreadPackets(this.#parts.host, this.#parts.instance.device);
  }
}
