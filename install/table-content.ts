/** What is in our tables for packets of each family: the guards (S1, S8a), and the IPv6 leg. README.md says why. */
import { dedicatedRefusal, dedicatedSet } from './dedicated.ts';
import type { GuardSettings } from './guard.ts';
import { addressWord, type Family, interfaceName, markWord, numberWord, prefixWord } from './nft-word.ts';
import type { TableSettings } from './table.ts';
import { exposedSets, recipientForward } from './table-recipient.ts';

/** How long a translated UDP flow may be silent, in seconds: RFC 4787 REQ-5 recommends five minutes. */
const UDP_TIMEOUT_SECONDS = 300;

/**
 * How a packet is refused that must not go on, so that nobody waits for it: one that would come back to us, or of whom may not
 * send. An ICMP error is dropped without a word, as nft does it (RFC 1122 §3.2.2).
 */
export const REFUSAL = {
  ip: 'reject with icmp type admin-prohibited',
  ip6: 'reject with icmpv6 type admin-prohibited',
} as const;

/*
 * A TUN device takes packets addressed by whoever is on the link, and conntrack's INVALID passes every NAT. Every packet
 * walks these chains on both sides of the bump, and what they cost is what short connections feel most (docs/bench/README.md).
 * So each family has a table of its own, and IPv4 nothing that would have it tracked; each chain begins with what lets nearly all
 * packets pass; a name is compared with names rather than looked up in a set, and only of packets whose addresses are ours
 * where that says enough.
 */

function chains4(settings: TableSettings): string {
  const device = interfaceName(settings.device);
  return `
  chain guard {
    type filter hook prerouting priority -310; policy accept;
    iifname ${device} return
    ip saddr @own4 iifname != "lo" counter drop
    ip daddr @own4 iifname @guests counter reject with icmp type host-unreachable
    ip daddr @own4 iifname != "lo" counter drop
  }

${settings.keeps === true ? '' : shield4(settings)}`;
}

function chains6(settings: TableSettings): string {
  const device = interfaceName(settings.device);
  const ula = prefixWord('ip6', settings.ula);
  return `
  chain guard {
    type filter hook prerouting priority -310; policy accept;
    iifname ${device} return
    ip6 saddr ${ula} iifname != "lo" counter drop
    ip6 daddr ${ula} iifname != "lo" counter drop
  }

  chain input {
    type filter hook input priority -10; policy accept;
    iifname ${device} counter ${REFUSAL.ip6}
${settings.dedicated === true ? dedicatedRefusal() : ''}  }

  chain sources {
  }

  chain uplink {
    type nat hook postrouting priority 110; policy accept;
    ip6 saddr ${ula} oifname != ${device} jump sources
    ip6 saddr ${ula} oifname != ${device} masquerade
    meta mark & ${markWord(settings.markMask)} == ${markWord(settings.mark)} ip6 saddr @detached jump sources
  }

${settings.keeps === true ? '' : shield6(settings)}`;
}

/** What keeps packets in bounds, of IPv4: chains that may be in a table that is kept (`guard.ts`). */
export function shield4(settings: GuardSettings): string {
  const device = interfaceName(settings.device);
  return `  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname ${device} oifname ${device} counter ${REFUSAL.ip}
    iifname ${device} counter drop
    oifname ${device} counter drop
  }

${leakChain(settings, ['ip'])}`;
}

/** The same of IPv6. */
export function shield6(settings: GuardSettings): string {
  const device = interfaceName(settings.device);
  const ula = prefixWord('ip6', settings.ula);
  return `  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname ${device} oifname != ${device} ip6 saddr ${ula} ct state { established, related } accept
    oifname ${device} iifname != ${device} ct state { established, related } ct direction reply accept
    iifname ${device} oifname ${device} counter ${REFUSAL.ip6}
    iifname ${device} ip6 saddr != ${ula} counter drop
    iifname ${device} ct state { invalid, untracked } counter drop
    iifname ${device} meta l4proto udp ct timeout set "udp6"
    iifname ${device} accept
    oifname ${device} ct state related accept
${recipientForward(device, addressWord(settings.self6))}    oifname ${device} counter drop
    iifname @forced counter drop
  }

${leakChain(settings, ['ip6'])}`;
}

/** The sets and the timeout that `shield6` speaks of. */
export function shield6Sets(): string {
  return `${udpTimeout()}
  set forced {
    type ifname
  }

${exposedSets().trimEnd()}
`;
}

/** How long flows of UDP may be silent. */
function udpTimeout(): string {
  const timeout = numberWord(UDP_TIMEOUT_SECONDS, 1, 86_400, 'a timeout');
  return `  ct timeout udp6 {
    protocol udp
    l3proto ip6
    policy = { unreplied : ${timeout}, replied : ${timeout} }
  }
`;
}

/** The chain behind all NAT in which nothing of ours leaves by another way than the device (S8a). */
export function leakChain(settings: Pick<TableSettings, 'device' | 'ula'>, of: readonly Family[]): string {
  const ours = { ip: '@own4', ip6: prefixWord('ip6', settings.ula) };
  const rules = of.flatMap((family) =>
    ['saddr', 'daddr'].map((end) => `    ${family} ${end} ${ours[family]} oifname != "lo" counter drop\n`),
  );
  return `  chain leak {
    type filter hook postrouting priority 150; policy accept;
    oifname ${interfaceName(settings.device)} return
${rules.join('')}  }
`;
}

/** The IPv4 addresses that are ours, as a set; the self address may be inside the spool. */
export function own4Set({ spool, self }: Pick<TableSettings, 'spool' | 'self'>): string {
  const elements = [spool, ...self].map((text) => prefixWord('ip', text)).join(', ');
  return `  set own4 {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { ${elements} }
  }
`;
}

/** What the table of IPv4 has whether questions are caught or not. */
export function content4(settings: TableSettings): string {
  return `${own4Set(settings)}
  set guests {
    type ifname
  }
${chains4(settings)}`;
}

/** The same of IPv6. */
export function content6(settings: TableSettings): string {
  const forced = `  set forced {
    type ifname
  }

`;
  return `${udpTimeout()}
${settings.keeps === true ? '' : forced}  set detached {
    type ipv6_addr
    flags interval
    auto-merge
  }

${settings.dedicated === true ? dedicatedSet() : ''}${exposedSets().trimEnd()}
${chains6(settings)}`;
}
