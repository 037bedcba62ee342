/**
 * Which way the kernel sends packets where policy rules (ip-rule(8)) come before the routing table that has our routes: to the
 * device, back to it, and out of it. What goes another way is a reason to be less than wholly up.
 */
import type { Host } from '../../install/host.ts';
import type { Reason } from '../control/agent.ts';

export interface WaysParts {
  readonly device: string;
  /** A prefix of the spool, as text. */
  readonly spool: string;
  /** The self prefix. */
  readonly ula: string;
  readonly uplinks: readonly string[];
}

/** An address that is nobody's (RFC 3849), and is sent where most of the Internet is. */
const ANYWHERE = '2001:db8::1';

/** Where the kernel sends packets to an address; `undefined` for nowhere. */
async function wayTo(host: Host, family: '-4' | '-6', words: readonly string[]): Promise<string | undefined> {
  try {
    const [route] = JSON.parse(await host.run(['ip', '-j', family, 'route', 'get', ...words])) as { dev?: string }[];
    return route?.dev;
  } catch {
    return undefined;
  }
}

/** The first priority before all rules of a family but that of the host's own addresses; `undefined` when there is none. */
async function firstPriority(host: Host, family: '-4' | '-6'): Promise<number | undefined> {
  try {
    const rules = JSON.parse(await host.run(['ip', '-j', family, 'rule', 'show'])) as { priority: number }[];
    const first = Math.min(...rules.map(({ priority }) => priority).filter((priority) => priority > 0));
    return Number.isFinite(first) && first > 1 ? first - 1 : undefined;
  } catch {
    return undefined;
  }
}

const baseOf = (prefix: string): string => prefix.replace(/\/.*/, '');

/** What goes another way than it has to, with the command that mends it where there is one. Never rejects. */
export async function straying(host: Host, { device, spool, ula, uplinks }: WaysParts): Promise<Reason[]> {
  const reasons: Reason[] = [];
  const [uplink] = uplinks;
  const arriving = uplink === undefined ? [] : ['from', ANYWHERE, 'iif', uplink];
  for (const [family, prefix, what, more] of [
    ['-4', spool, 'Packets to the spool', []],
    ['-6', ula, 'Answers of IPv6 peers', arriving],
  ] as const) {
    const way = await wayTo(host, family, [baseOf(prefix), ...more]);
    if (way === device) continue;
    const priority = await firstPriority(host, family);
    const rule = ['rule', 'add', 'to', prefix, 'lookup', 'main', 'suppress_prefixlength', '0', 'priority'];
    const command = priority === undefined ? undefined : `ip ${family} ${rule.join(' ')} ${priority}`;
    const text = `${what} (${prefix}) are sent ${way === undefined ? 'nowhere' : `to ${way}`} instead of ${device}, by a rule for routing (ip rule).`;
    reasons.push({ code: 'routed-away', text, ...(command === undefined ? {} : { command }) });
  }
  const [usual, ours] = [
    await wayTo(host, '-6', [ANYWHERE]),
    await wayTo(host, '-6', [ANYWHERE, 'from', baseOf(ula), 'iif', device]),
  ];
  if (usual !== ours && usual !== undefined) {
    const way = ours === undefined ? 'nowhere' : `to ${ours}`;
    const text = `Translated packets are sent ${way}, and those of programs to ${usual}, by a rule for routing (ip rule).`;
    reasons.push({ code: 'other-way', text });
  }
  return reasons;
}
