/** The DNS servers this host asks (resolv.conf(5)), and by which device and from which address of ours it asks them. */
import type { Host } from '../../install/host.ts';
import { formatIpv4, ipv4, parseIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6, type Ipv6Address, parseIpv6 } from '../../mapper/address/ipv6.ts';

export const RESOLV_CONF = '/etc/resolv.conf';
/** Where it is kept while a file of ours is in its place. */
export const KEPT_RESOLV_CONF = `${RESOLV_CONF}.before-bis`;
/** glibc heeds no more (MAXNS). */
const MOST_SERVERS = 3;

/** A server as resolv.conf names it, or another that programs ask. */
export interface NameServer {
  /** Canonical text without zone. */
  readonly address: string;
  /** The device it is asked through: the zone of a link-local address, else mostly empty: the routing table decides. */
  readonly zone: string;
}

/** A server with the way there. */
export interface ServerPath {
  readonly server: NameServer;
  readonly device: string;
  /** The address of ours that packets to it come from. */
  readonly own: string;
}

/** Whether an address in canonical text is of fe80::/10 (RFC 4291 §2.5.6), and so needs a zone. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

/** Whether an address in canonical text is one of this host's loopback interface. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/**
 * Reads resolv.conf text: of its `nameserver` lines the first three, without those that repeat one or are no address. No
 * line means the local host.
 */
export function readNameServers(text: string): NameServer[] {
  const servers = text.split('\n').flatMap((line) => {
    const match = /^\s*nameserver\s+([^\s;#]+)/.exec(line);
    const server = match?.[1] === undefined ? undefined : readServer(match[1]);
    return server === undefined ? [] : [server];
  });
  const first = servers.length === 0 ? [{ address: '127.0.0.1', zone: '' }] : servers.slice(0, MOST_SERVERS);
  return first.filter(
    ({ address, zone }, index) =>
      index === first.findIndex((other) => other.address === address && other.zone === zone),
  );
}

/** One server; the unspecified address is the local host, as for connect(2). */
function readServer(text: string): NameServer | undefined {
  const [head = '', zone = '', more] = text.split('%');
  if (more !== undefined) return undefined;
  if (parseIpv4(head) !== undefined) return { address: head === '0.0.0.0' ? '127.0.0.1' : head, zone: '' };
  const address = parseIpv6(head);
  if (address === undefined) return undefined;
  const canonical = canonicalIpv6(address);
  return { address: canonical, zone: isLinkLocal(canonical) ? zone : '' };
}

/** As packets have it: what is mapped (RFC 4291 §2.5.5.2) is sent over IPv4. */
function canonicalIpv6(address: Ipv6Address): string {
  const { w0, w1, w2, w3 } = address;
  if (w0 === 0 && w1 === 0 && w2 >>> 0 === 0xffff) return formatIpv4(ipv4(w3));
  return w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0 ? '::1' : formatIpv6(address);
}

/** The servers of this host's resolv.conf; none when there is no such file. */
export function hostNameServers(host: Host): NameServer[] {
  const text = host.readText(RESOLV_CONF);
  return text === undefined ? [] : readNameServers(text);
}

interface RouteAnswer {
  dev?: string;
  prefsrc?: string;
  type?: string;
}

/** The way to a server, or `undefined` when there is none now. */
export async function pathTo(host: Host, server: NameServer): Promise<ServerPath | undefined> {
  // iproute2 takes `if2` for the device with that number, which is what a zone of digits means.
  const zone = /^\d+$/.test(server.zone) ? `if${server.zone}` : server.zone;
  const through = zone === '' ? [] : ['oif', zone];
  try {
    const answer = await host.run(['ip', '-j', 'route', 'get', server.address, ...through]);
    const [route] = JSON.parse(answer) as RouteAnswer[];
    if (route?.dev === undefined || route.prefsrc === undefined) return undefined;
    // What is for an address of this host passes over `lo`, whatever interface bears the address.
    const device = route.type === 'local' ? 'lo' : route.dev;
    const own = parseIpv6(route.prefsrc);
    return { server, device, own: own === undefined ? route.prefsrc : formatIpv6(own) };
  } catch {
    return undefined;
  }
}
