/** A DNS server that is asked on a client's behalf. */

export interface Upstream {
  /** IPv4 or IPv6 address; link-local ones with their zone: `fe80::53%eth0`. */
  readonly address: string;
  readonly port: number;
  /** Name of the network device it must be reached through, if only one will do. */
  readonly device?: string;
}

/** What an upstream is called: `192.0.2.53#53`, `fe80::53%eth0#53`, with its device behind a space. The same for the same server. */
export function upstreamName({ address, port, device }: Upstream): string {
  return `${address}#${port}${device === undefined || device === '' ? '' : ` on ${device}`}`;
}
