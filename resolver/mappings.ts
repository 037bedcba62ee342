/** What the resolver asks of its surroundings, and all it asks: of the address mapper (RFC 6535 §2.2), and of the host. */
import type { Ipv4Address } from '../mapper/address/ipv4.ts';
import type { Ipv6Address } from '../mapper/address/ipv6.ts';
import type { Ipv6Prefix } from '../mapper/address/prefix.ts';

/** The address mapper, as the resolver sees it. */
export interface Mappings {
  /**
   * Those of the addresses that one answer may have mappings for, in their order. Asked before `assign`; it may wait for a
   * moment when addresses are scarce. None when every address of the spool is held.
   */
  makeRoomFor(addresses: readonly Ipv6Address[]): Promise<readonly Ipv6Address[]>;
  /**
   * The spool address that stands for `ipv6`, from now until at least `ttlSeconds` after its answer has left.
   * `undefined` when every address of the spool is held.
   */
  assign(ipv6: Ipv6Address, promise: { name: string; ttlSeconds: number }): Ipv4Address | undefined;
  /** What a spool address stands for, and the names it was asked under; `undefined` when it stands for nothing. */
  mappingOf(ipv4: Ipv4Address): { readonly ipv6: Ipv6Address; readonly names: readonly string[] } | undefined;
  /** Whether an address lies inside a spool, mapped or not. */
  isSpool(ipv4: Ipv4Address): boolean;
}

/** The host as it is now: asked anew for every question. */
export interface HostView {
  /** Whether an address is the host's own, or lies inside our own ULA prefix. */
  isOwn(ipv6: Ipv6Address): boolean;
  /** NAT64 prefixes that are known otherwise than from servers (RFC 8781), which the resolver asks itself (RFC 7050). */
  pref64(): readonly Ipv6Prefix[];
  /** Whether there is any route by which native IPv4 could leave the host. */
  hasIpv4Route(): boolean;
}
