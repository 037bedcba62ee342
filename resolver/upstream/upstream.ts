/** A DNS server that is asked on a client's behalf. */

export interface Upstream {
  /** IPv4 or IPv6 address; link-local ones with their zone: `fe80::53%eth0`. */
  readonly address: string;
  readonly port: number;
  /** Name of the network device it must be reached through, if only one will do. */
  readonly device?: string;
}
