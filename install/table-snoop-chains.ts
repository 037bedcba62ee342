/** The sets and chains that catch questions: what `table-snoop.ts` fills, and what is hooked where. */
import { replaceChain } from './nft-set.ts';
import { type Family, markWord, numberWord, tableIn } from './nft-word.ts';

/** What the chains are made of: see `TableSettings`. */
export interface SnoopSettings {
  readonly table: string;
  readonly mark: number;
  readonly markMask: number;
  readonly zone: number;
}

interface SnoopChain {
  readonly name: string;
  readonly hook: string;
  readonly rules: readonly string[];
}

/** DNS over UDP and TCP (RFC 1035 §4.2). */
const DNS_PORT = 53;

/** The ending of set names: `asked4`, `asked6`. */
export const endings = { ip: '4', ip6: '6' } as const;

/** What each table has for catching, and what its chains go through. */
export function snoopSets(family: Family): string {
  const ending = endings[family];
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  return `
  set asked${ending} {
    type ifname . ${address}
    flags timeout
  }

  map servers${ending} {
    type ifname . ${address} : ${address} . inet_service
  }

  set ports${ending} {
    type ${address} . inet_service
  }

  chain pass {
  }
`;
}

/**
 * The chains that catch: where each is hooked, and its rules. The set `asked` alone decides, packet by packet, because its
 * elements carry the timeout: what is in it gets a conntrack zone of its own, and only that zone is NATed. So a socket that was
 * used before is caught, unless an answer to it is the first that conntrack sees, and one that was caught goes its native way as
 * soon as the element or the table is gone, whatever conntrack remembers. Zoning every question instead would leave un-NATed
 * entries in the zone, in the way of the native flow's replies.
 */
function snoopChains(family: Family, settings: Omit<SnoopSettings, 'table'>): readonly SnoopChain[] {
  const ending = endings[family];
  const mark = markWord(settings.mark);
  const zone = numberWord(settings.zone, 1, 0xffff, 'a zone');
  const question = 'meta l4proto { tcp, udp }';
  return [
    {
      name: 'caught',
      hook: 'type filter hook output priority -300; policy accept;',
      rules: [
        `th dport != ${DNS_PORT} return`,
        `meta mark & ${markWord(settings.markMask)} == ${mark} return`,
        'jump pass',
        `${question} th dport ${DNS_PORT} oifname . ${family} daddr @asked${ending} ct original zone set ${zone}`,
      ],
    },
    {
      name: 'snoop',
      hook: 'type nat hook output priority -110; policy accept;',
      rules: [
        `ct original zone != ${zone} return`,
        `${question} dnat to oifname . ${family} daddr map @servers${ending}`,
      ],
    },
    {
      name: 'input',
      hook: 'type filter hook input priority -10; policy accept;',
      rules: [
        'ct direction reply return',
        'iifname "lo" return',
        `${question} ${family} daddr . th dport @ports${ending} counter drop`,
      ],
    },
  ];
}

/** The chains that catch, as part of a table; where `input` is there already its rules come behind the others. */
export function snoopChainTexts(family: Family, settings: Omit<SnoopSettings, 'table'>, hasInput: boolean): string {
  return snoopChains(family, settings)
    .map(({ name, hook, rules }) => {
      const lines = name === 'input' && hasInput ? rules : [hook, ...rules];
      return `
  chain ${name} {
${lines.map((line) => `    ${line}\n`).join('')}  }
`;
    })
    .join('');
}

/**
 * The commands after which the chains that catch what is asked over IPv4 are there, or are not: they have every IPv4 packet of the
 * host tracked (conntrack), those to the device too, which is for nothing when no such server is caught. They have to be there
 * before the listeners: what conntrack sees of a flow first must not be an answer of ours.
 */
export function snoop4Commands(settings: SnoopSettings, isWanted: boolean): string {
  return snoopChains('ip', settings)
    .map(({ name, hook, rules }) =>
      replaceChain(`${tableIn('ip', settings)} ${name}`, hook, isWanted ? rules : undefined),
    )
    .join('');
}
