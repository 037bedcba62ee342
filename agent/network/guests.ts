/**
 * Behind which interfaces of this host there are guests, containers and virtual machines, as iproute2 tells it: they are
 * told that a spool address cannot be reached, where a neighbour on a link hears nothing (S1).
 */
import type { Host } from '../../install/host.ts';
import { hasUsableName } from './surroundings.ts';

/** What `ip -j -d addr show` says of an interface, as far as it matters here. */
export interface Link {
  readonly ifname: string;
  /** The bridge it is a port of. */
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly type?: string } };
  readonly addr_info?: readonly { readonly family?: string }[];
}

/** The interfaces behind which there are guests. Rejects when `ip` cannot be run. */
export async function guestInterfaces(host: Host, defaultDevices: readonly string[]): Promise<string[]> {
  const text = await host.run(['ip', '-j', '-d', 'addr', 'show']);
  return guestsAmong(text.trim() === '' ? [] : (JSON.parse(text) as Link[]), defaultDevices);
}

/**
 * Chooses from links as they are. Guests have one end of a veth pair, or a tap device; where the ends here are ports of a
 * bridge, the bridge is what their packets come in by, and it is theirs alone if no port is of another kind. An end with
 * a default route is how this host gets out, being a guest itself; without any default route nothing tells the two apart.
 */
export function guestsAmong(links: readonly Link[], defaultDevices: readonly string[]): string[] {
  if (defaultDevices.length === 0) return [];
  const isWayOut = ({ ifname }: Link): boolean => defaultDevices.includes(ifname);
  const portsOf = (bridge: Link): readonly Link[] => links.filter(({ master }) => master === bridge.ifname);
  const isGuestBridge = (link: Link): boolean => {
    const ports = portsOf(link);
    const isAddressed = link.addr_info?.some(({ family }) => family === 'inet') === true;
    return kindOf(link) === 'bridge' && isAddressed && ports.length > 0 && ports.every(isGuestEnd);
  };
  return links
    .filter((link) => !isWayOut(link) && (isGuestBridge(link) || (isGuestEnd(link) && link.master === undefined)))
    .map(({ ifname }) => ifname)
    .filter(hasUsableName);
}

function kindOf({ linkinfo }: Link): string | undefined {
  return linkinfo?.info_kind;
}

/** Whether it is this host's end of what a guest has the other end of. */
function isGuestEnd(link: Link): boolean {
  return kindOf(link) === 'veth' || (kindOf(link) === 'tun' && link.linkinfo?.info_data?.type === 'tap');
}
