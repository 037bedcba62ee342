/** The configuration as the rest of the agent sees it: every value parsed, checked, and there. */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';
import type { Ipv4Prefix, Ipv6Prefix } from '../../mapper/address/prefix.ts';
import type { ExplicitEntry } from '../../mapper/explicit-entry.ts';
import type { Ports } from './ports.ts';

/** An address and port to listen on or to ask. `scope` is the device of a link-local address, else empty. */
export type Endpoint =
  | { readonly family: 4; readonly address: Ipv4Address; readonly port: number }
  | { readonly family: 6; readonly address: Ipv6Address; readonly scope: string; readonly port: number };

/** A prefix of either family. */
export type Prefix = ({ readonly family: 4 } & Ipv4Prefix) | ({ readonly family: 6 } & Ipv6Prefix);

export interface MapperConfig {
  readonly spool: Ipv4Prefix;
  readonly self: Ipv4Prefix;
  readonly explicit: readonly ExplicitEntry[];
}

export interface TranslatorConfig {
  readonly lowestIpv6Mtu: number;
  readonly hideHop: boolean;
  readonly icmpErrors: boolean;
  readonly zeroUdpChecksum: 'compute' | 'drop';
}

/** A program whose questions pass: by its user, a name or a number as text, or by its control group. */
export type ExceptProgram =
  | { readonly kind: 'user'; readonly user: string }
  | { readonly kind: 'cgroup'; readonly path: string };

export interface ResolverConfig {
  readonly mode: 'auto' | 'snoop' | 'resolved' | 'resolv.conf' | 'listen';
  readonly listen: readonly Endpoint[];
  /** Empty: those of `/etc/resolv.conf`. */
  readonly upstreams: readonly Endpoint[];
  readonly serve: readonly Prefix[];
  readonly exceptPrograms: readonly ExceptProgram[];
  readonly waitForAMs: number;
  readonly ttlCeilingSeconds: number;
  readonly whenNoIpv4: 'synthesize' | 'passthrough';
  /** Name suffixes in lower case, without a dot at either end. */
  readonly never: readonly string[];
  readonly always: readonly string[];
  readonly dohCanary: boolean;
  readonly svcbHints: 'keep' | 'strip';
  readonly hosts: boolean;
  readonly logQuestions: boolean;
  readonly cacheEntries: number;
}

/** Which ports of this host peers may reach. */
export interface RecipientConfig {
  readonly expose: readonly Ports[];
  /** Everything that no IPv6 socket claims. */
  readonly unclaimed: boolean;
}

export interface DeviceConfig {
  readonly name: string;
  readonly queues: number;
}

export interface UplinkConfig {
  readonly source: 'masquerade' | 'dedicated';
  /** User ids. */
  readonly denyUsers: readonly number[];
  readonly firewall: 'report' | 'open';
}

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

/** Everything that can be configured. What each value means stands in `keys.ts`, once. */
export interface Config {
  readonly mapper: MapperConfig;
  readonly translator: TranslatorConfig;
  readonly resolver: ResolverConfig;
  readonly recipient: RecipientConfig;
  readonly device: DeviceConfig;
  readonly uplink: UplinkConfig;
  readonly log: LogConfig;
}
