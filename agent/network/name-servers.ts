/** The DNS servers this host asks (resolv.conf(5)), and by which device and from which address of ours it asks them. */
import type { Host } from '../../install/host.ts';
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6, parseIpv6 } from '../../mapper/address/ipv6.ts';

const RESOLV_CONF = '/etc/resolv.conf';
/** glibc heeds no more (MAXNS). */
const MOST_SERVERS = 3;

/** A server as resolv.conf names it. */
export interface NameServer {
  /** Canonical text without zone. */
  readonly address: string;
  /** The zone of a link-local address, else empty. */
  readonly zone: string;
}

/** A server with the way there. */
export interface ServerPath {
  readonly server: NameServer;
  readonly device: string;
  /** The address of ours that packets to it come from. */
  readonly own: string;
}

/** Reads resolv.conf text: `nameserver` lines, the first three. No line means the local host (resolv.conf(5)). */
export function readNameServers(text: string): NameServer[] {
  const servers = text.split('\n').flatMap((line) => {
    const match = /^\s*nameserver\s+([^\s;#]+)/.exec(line);
    const server = match?.[1] === undefined ? undefined : readServer(match[1]);
    return server === undefined ? [] : [server];
  });
  return servers.length === 0 ? [{ address: '127.0.0.1', zone: '' }] : servers.slice(0, MOST_SERVERS);
}

function readServer(text: string): NameServer | undefined {
  const [head = '', zone = ''] = text.split('%');
  if (parseIpv4(head) !== undefined) return { address: head, zone: '' };
  const address = parseIpv6(head);
  return address === undefined ? undefined : { address: formatIpv6(address), zone };
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
  const through = server.zone === '' ? [] : ['oif', server.zone];
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
