/**
 * Letting peers in: the part of the table that sends what comes for exposed ports of this host, and what no IPv6 socket
 * claims, to the device (RFC 2767 §2, the recipient; S2). The chain exists only while something is exposed.
 */

import { replaceChain, replaceElements } from './nft-set.ts';
import { addressWord, guardIn, interfaceName, type NftWord, portWord, tableIn } from './nft-word.ts';
import type { TableSettings } from './table.ts';

/** Ports from `first` to `last`, both included: 1 to 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What peers may reach; ranges of one protocol do not overlap. */
export interface ExposedPorts {
  readonly tcp: readonly PortRange[];
  readonly udp: readonly PortRange[];
}

const protocols = ['tcp', 'udp'] as const;

/** The sets of exposed ports, which are empty at first. */
export function exposedSets(): string {
  return protocols
    .map(
      (protocol) => `  set exposed_${protocol} {
    type inet_service
    flags interval
  }

`,
    )
    .join('');
}

/**
 * Rules of the forward chain for what peers send into the device: decided packet by packet, so that a flow ends when its
 * port is exposed no more. Only our own DNAT leads to `self6`.
 */
export function recipientForward(device: NftWord, self6: NftWord): string {
  const flow = `oifname ${device} ip6 daddr ${self6} ct status dnat ct direction original`;
  return `    ${flow} tcp dport @exposed_tcp accept
    ${flow} udp dport @exposed_udp accept
    ${flow} ct state established meta l4proto tcp counter reject with tcp reset
    ${flow} ct state established counter reject with icmpv6 type port-unreachable
`;
}

/**
 * The commands after which peers reach exactly these ports: a whole new set in one transaction. Comes after the DNAT of
 * others (-100), so theirs wins; a socket in TIME-WAIT claims too, which `socket wildcard` would not see.
 */
export function recipientCommands(
  settings: Pick<TableSettings, 'table' | 'device' | 'self6' | 'dedicated' | 'keeps'>,
  exposed: ExposedPorts,
): string {
  const table = tableIn('ip6', settings);
  const chain = `${table} recipient`;
  const isNothing = protocols.every((protocol) => exposed[protocol].length === 0);
  const rules = recipientRules(
    interfaceName(settings.device),
    addressWord(settings.self6),
    settings.dedicated === true,
  );
  const hook = 'type nat hook prerouting priority -90; policy accept;';
  const tables = settings.keeps === true ? [table, guardIn('ip6', settings)] : [table];
  const sets = tables.flatMap((each) => protocols.map((protocol) => setCommands(each, protocol, exposed[protocol])));
  return [replaceChain(chain, hook, isNothing ? undefined : rules), ...sets].join('');
}

function recipientRules(device: NftWord, self6: NftWord, hasDedicated: boolean): string[] {
  const timeout = 'udp dport @exposed_udp ct timeout set "udp6"';
  const sends = protocols.map((protocol) => `${protocol} dport @exposed_${protocol} dnat to ${self6}`);
  return [
    `iifname ${device} return`,
    'ip6 saddr fe80::/10 return',
    'fib daddr type != local return',
    'ct state != new return',
    'meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn return',
    // Sockets of this host have no business at an address that is not theirs.
    ...(hasDedicated ? [timeout, ...sends].map((rule) => `ip6 daddr @dedicated ${rule}`) : []),
    'socket transparent 0 return',
    'socket transparent 1 return',
    timeout,
    ...sends,
  ];
}

function setCommands(table: NftWord, protocol: 'tcp' | 'udp', ranges: readonly PortRange[]): string {
  const elements = ranges.map(({ first, last }) =>
    first === last ? portWord(first) : `${portWord(first)}-${portWord(last)}`,
  );
  return replaceElements('set', `${table} exposed_${protocol}`, elements);
}
