/**
 * What systemd-resolved says about itself over D-Bus (org.freedesktop.resolve1(5)): the servers it asks, through which
 * link, and whether in the clear. It is asked with busctl(1), which is there wherever systemd is.
 */
import type { Host } from '../../install/host.ts';
import { formatIpv6, ipv6FromOctets } from '../../mapper/address/ipv6.ts';
import { DNS_PORT } from '../questions/questions.ts';

/** Its files: the first is written anew whenever its servers change, the second whenever a setting of a link does. */
export const RESOLVED_FILES = ['/run/systemd/resolve/resolv.conf', '/run/systemd/resolve/netif'] as const;

/** Addresses its stub listens on, of which the second is for programs that want answers as they came. */
export const RESOLVED_STUBS: readonly string[] = ['127.0.0.53', '127.0.0.54'];

/** A server that it asks. */
export interface ResolvedServer {
  /** Canonical text without zone. */
  readonly address: string;
  readonly port: number;
  /** The link it is asked through; empty for one of all links. */
  readonly device: string;
  /** As in resolved.conf(5): `no`, `opportunistic`, `yes`. */
  readonly dnsOverTls: string;
  /** `no`, `allow-downgrade`, `yes`. */
  readonly dnssec: string;
}

export interface Resolved {
  readonly servers: readonly ResolvedServer[];
  /** Whether it serves another network namespace, whose links and servers are not ours: it was found by a shared `/run`. */
  readonly isElsewhere: boolean;
}

/** How its objects are called on the bus. */
const RESOLVED_BUS = {
  service: 'org.freedesktop.resolve1',
  manager: '/org/freedesktop/resolve1',
  managerInterface: 'org.freedesktop.resolve1.Manager',
  linkInterface: 'org.freedesktop.resolve1.Link',
} as const;

/** The start of every call: does not start the service, and does not wait for one that hangs. */
const busctl: readonly string[] = ['busctl', '--json=short', '--auto-start=no', '--timeout=2'];

/** A member of `a(iiayqs)`: interface index, address family, address, port (0: the usual), name for TLS. */
type ServerProperty = readonly [index: number, family: number, octets: readonly number[], port: number, name: string];

interface Settings {
  readonly dnsOverTls: string;
  readonly dnssec: string;
}

type Properties = Readonly<Record<string, { readonly data: unknown } | undefined>>;

/** From the Linux headers. */
const AF_INET = 2;

/** Whether systemd-resolved seems to run, as far as can be seen without asking it. */
export function hasResolved(host: Host): boolean {
  return host.readText(RESOLVED_FILES[0]) !== undefined;
}

/** Asks it. `undefined` when it does not run, or cannot be asked. */
export async function observeResolved(host: Host): Promise<Resolved | undefined> {
  if (!hasResolved(host)) return undefined;
  try {
    const [manager, isOther] = await Promise.all([
      properties(host, RESOLVED_BUS.manager, RESOLVED_BUS.managerInterface),
      isElsewhere(host),
    ]);
    if (isOther) return { servers: [], isElsewhere: true };
    const own = (manager.DNSEx?.data ?? []) as readonly ServerProperty[];
    const servers = own.length > 0 ? own : ((manager.FallbackDNSEx?.data ?? []) as readonly ServerProperty[]);
    const links = await linksOf(host, new Set(servers.map(([index]) => index).filter((index) => index > 0)));
    const everywhere = { device: '', ...settingsOf(manager) };
    return {
      isElsewhere: false,
      servers: servers.flatMap(([index, family, octets, port]) => {
        // A link that went away between the two questions has no servers any more.
        const link = index > 0 ? links.get(index) : everywhere;
        return link === undefined ? [] : [{ address: addressText(family, octets), port: port || DNS_PORT, ...link }];
      }),
    };
  } catch {
    return undefined;
  }
}

/** The start of a call to its manager, whose method and arguments follow. */
export const managerCall: readonly string[] = [
  ...busctl,
  'call',
  RESOLVED_BUS.service,
  RESOLVED_BUS.manager,
  RESOLVED_BUS.managerInterface,
];

/** By the process behind its name on the bus; a process that cannot be looked at counts as here. */
async function isElsewhere(host: Host): Promise<boolean> {
  const bus = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'];
  const call = [...bus, 'GetConnectionUnixProcessID', 's', RESOLVED_BUS.service];
  const { data } = JSON.parse(await host.run([...busctl, 'call', ...call])) as { data: readonly [number] };
  const [there, here] = [String(data[0]), 'self'].map((pid) => host.readLink(`/proc/${pid}/ns/net`));
  return there !== undefined && there !== here;
}

async function properties(host: Host, object: string, of: string): Promise<Properties> {
  const call = [RESOLVED_BUS.service, object, 'org.freedesktop.DBus.Properties', 'GetAll', 's', of];
  const { data } = JSON.parse(await host.run([...busctl, 'call', ...call])) as { data: readonly [Properties] };
  return data[0];
}

function settingsOf({ DNSOverTLS, DNSSEC }: Properties): Settings {
  return { dnsOverTls: String(DNSOverTLS?.data), dnssec: String(DNSSEC?.data) };
}

/** Names and settings of links, by their index. */
async function linksOf(host: Host, indexes: ReadonlySet<number>): Promise<Map<number, { device: string } & Settings>> {
  const found = new Map<number, { device: string } & Settings>();
  if (indexes.size === 0) return found;
  const devices = JSON.parse(await host.run(['ip', '-j', 'link', 'show'])) as { ifindex: number; ifname: string }[];
  const asked = devices.filter(({ ifindex }) => indexes.has(ifindex));
  await Promise.all(
    asked.map(async ({ ifindex, ifname }) => {
      try {
        const link = await properties(host, linkObject(ifindex), RESOLVED_BUS.linkInterface);
        found.set(ifindex, { device: ifname, ...settingsOf(link) });
      } catch {
        // It has gone in this moment, and its servers with it.
      }
    }),
  );
  return found;
}

/** The object of a link: D-Bus writes a digit at the front of a name as `_` and its code. */
function linkObject(index: number): string {
  const [first = '', ...rest] = String(index);
  return `${RESOLVED_BUS.manager}/link/_${first.charCodeAt(0).toString(16)}${rest.join('')}`;
}

function addressText(family: number, octets: readonly number[]): string {
  return family === AF_INET ? octets.join('.') : formatIpv6(ipv6FromOctets(Uint8Array.from(octets)));
}
