/** What the agent concludes from the host's network as it was observed last: uplinks, MTU, ranges in use, own addresses. */

import type { Host } from '../../install/host.ts';
import { checkedInterfaceName } from '../../install/interface-name.ts';
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6, type Ipv6Address } from '../../mapper/address/ipv6.ts';
import { type Ipv4Prefix, ipv4Prefix, parseIpv4Prefix } from '../../mapper/address/prefix.ts';
import type { DetachedPrefix } from '../control/detached-prefix.ts';
import { defaultRouters, detachedPrefixes, isDetached } from './detached.ts';
import { attachedSources, flowSources, type PreferredSource } from './flow-sources.ts';
import { type Network, type NetworkInterface, observeNetwork, type Route } from './observe.ts';
import { type RouteSource, routeSources } from './route-sources.ts';
import type { RouterNews } from './router-news.ts';

/** The least MTU of an IPv6 link (RFC 8200 §5), and Ethernet's, which is assumed where there is no uplink. */
const LEAST_MTU = 1280;
const ETHERNET_MTU = 1500;

/** Shorter prefixes are pieces of a default route, as VPNs make them (`0.0.0.0/1`), not networks in use. */
const SHORTEST_NETWORK = 8;

/** So many routers are remembered: more than a host meets, and all that a hostile network can make us keep. */
const MOST_ROUTERS = 512;

/** What is asked of routers, and told about which of them matter. */
type Routers = Pick<RouterNews, 'advertised' | 'isSilent' | 'watch'>;

const nobody: Routers = { advertised: [], isSilent: () => false, watch: () => {} };

/** Interfaces whose names cannot be a word everywhere are left alone (S9). */
export function hasUsableName(name: string): boolean {
  try {
    return checkedInterfaceName(name) === name;
  } catch {
    return false;
  }
}

export class Surroundings {
  readonly #host: Host;
  /** Our own device, which is no part of them. */
  readonly #device: string;
  readonly #routers: Routers;
  #network: Network = { interfaces: [], routes4: [], routes6: [] };
  #own: ReadonlySet<string> = new Set();
  /** Who has been a default router, the latest last. */
  #knownRouters: ReadonlySet<string> = new Set();

  private constructor(host: Host, device: string, routers: Routers) {
    this.#host = host;
    this.#device = device;
    this.#routers = routers;
  }

  /** Observes the network for the first time. Rejects when `ip` cannot be run. */
  static async of(host: Host, device: string, routers: Routers = nobody): Promise<Surroundings> {
    const surroundings = new Surroundings(host, device, routers);
    await surroundings.renew();
    return surroundings;
  }

  /** Observes it again. Rejects when `ip` cannot be run; then everything stays as it was. */
  async renew(): Promise<void> {
    this.#network = await observeNetwork(this.#host);
    this.#own = ownIpv6(this.#network);
    this.#knownRouters = new Set([...this.#knownRouters, ...defaultRouters(this.#network)].slice(-MOST_ROUTERS));
    this.#routers.watch(
      this.#network.interfaces.flatMap(({ name, index }) =>
        [...this.#knownRouters].flatMap((place) => {
          const [device, router = ''] = place.split(' ');
          return device === name ? [{ index, router }] : [];
        }),
      ),
    );
  }

  /** The interfaces IPv6 packets could leave by: up, and with a route to more than link-local addresses. */
  get uplinks(): string[] {
    const routed = this.#routed(this.#network.routes6, /^(fe80:|ff)/);
    return this.#network.interfaces
      .filter(({ name, isUp }) => isUp && routed.has(name) && hasUsableName(name))
      .map(({ name }) => name);
  }

  /** The prefixes whose addresses are not to be the source of new flows, because their routers are gone. */
  get detached(): DetachedPrefix[] {
    return detachedPrefixes(this.#network, this.#routers, this.#knownRouters);
  }

  /** The interfaces but our own device. */
  get interfaces(): NetworkInterface[] {
    return this.#network.interfaces.filter(({ name }) => name !== this.#device);
  }

  /**
   * The source addresses of flows out of the uplinks, where the kernel is not to choose. On devices that have `dedicated`
   * ones they have those.
   */
  sources(dedicated: readonly PreferredSource[]): RouteSource[] {
    const names = this.uplinks;
    const { detached } = this;
    const isAttached = ({ device, source }: PreferredSource): boolean => !isDetached(detached, device, source);
    const has = (device: string): boolean => dedicated.some((each) => each.device === device);
    const others = attachedSources(this.#network, detached).filter(({ device }) => !has(device));
    const preferred = [...dedicated.filter(isAttached), ...dedicated.filter((each) => !isAttached(each)), ...others];
    const keeps = (device: string, source: string): boolean => !has(device) && !isDetached(detached, device, source);
    const sources = flowSources(routeSources(this.#network.routes6), preferred, keeps);
    return sources.filter(({ device }) => names.includes(device));
  }

  /** The smallest IPv6 MTU among the uplinks, in octets: 1280 or more. */
  get mtu(): number {
    const names = this.uplinks;
    const mtus = this.#network.interfaces.filter(({ name }) => names.includes(name)).map(({ mtu }) => mtu);
    return mtus.length === 0 ? ETHERNET_MTU : Math.max(LEAST_MTU, Math.min(...mtus));
  }

  /** Whether any IPv4 packet could leave the host (RFC 6535 §4.5). */
  get hasIpv4Route(): boolean {
    return this.#routed(this.#network.routes4, /^169\.254\./).size > 0;
  }

  /** The devices with a default route of either family: questions to servers elsewhere may leave by each. */
  get defaultDevices(): string[] {
    const routes = [...this.#network.routes4, ...this.#network.routes6];
    return [
      ...this.#routed(
        routes.filter(({ destination }) => destination === 'default'),
        /^$/,
      ),
    ].filter(hasUsableName);
  }

  get isLoopbackUp(): boolean {
    return this.#network.interfaces.some(({ name, isUp }) => name === 'lo' && isUp);
  }

  /** Whether our own device is up, bears this IPv4 address, and is where these destinations are routed. */
  isDeviceWhole(address: string, destinations: readonly string[]): boolean {
    const device = this.#network.interfaces.find(({ name }) => name === this.#device);
    if (device?.isUp !== true || !device.addresses.some((own) => own.address === address)) return false;
    const routes = [...this.#network.routes4, ...this.#network.routes6];
    return destinations.every((destination) =>
      routes.some((route) => route.destination === destination && route.devices.includes(this.#device)),
    );
  }

  /** Whether an IPv6 address is one of the host's. */
  isOwn(address: Ipv6Address): boolean {
    return this.#own.has(formatIpv6(address));
  }

  /** The IPv4 prefixes that are in use (M3): connected, routed in any table and in any way, or an address of the host. */
  get takenIpv4(): Ipv4Prefix[] {
    const routed = this.#network.routes4
      .filter(({ devices }) => !devices.includes(this.#device))
      .map(({ destination }) => parseIpv4Prefix(destination.includes('/') ? destination : `${destination}/32`));
    const addressed = this.#network.interfaces
      .filter(({ name }) => name !== this.#device)
      .flatMap(({ addresses }) => addresses)
      .map(({ address, prefixLength }) => {
        const parsed = parseIpv4(address);
        return parsed === undefined ? undefined : ipv4Prefix(parsed, prefixLength);
      });
    const prefixes = [...routed, ...addressed].filter((prefix) => prefix !== undefined);
    return prefixes.filter(({ length }) => length >= SHORTEST_NETWORK);
  }

  /** The devices of unicast routes whose destination does not match, without loopback and our own. */
  #routed(routes: readonly Route[], besides: RegExp): Set<string> {
    const devices = routes
      .filter(({ type, destination }) => type === 'unicast' && !besides.test(destination))
      .flatMap((route) => route.devices);
    return new Set(devices.filter((device) => device !== 'lo' && device !== this.#device));
  }
}

/** Every IPv6 address of the host, as canonical text. */
function ownIpv6({ interfaces }: Network): Set<string> {
  const addresses = interfaces.flatMap((each) => each.addresses.filter(({ family }) => family === 'inet6'));
  return new Set(addresses.map(({ address }) => address));
}
