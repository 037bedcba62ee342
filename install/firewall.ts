/**
 * Finds chains of other programs that would drop translated packets (S15): ufw, firewalld and Docker close the forward
 * hook, and no accept of ours in another table opens it again.
 */
import { CommandError, type Host } from './host.ts';
import { guardName, interfaceName } from './nft-word.ts';
import { type Chains, type Fate, type Probe, walk } from './ruleset-walk.ts';

export interface BlockingChain {
  readonly family: 'ip6' | 'inet';
  readonly table: string;
  readonly chain: string;
  /** In words: `policy drop`, or which packets a rule drops. */
  readonly reason: string;
  /** The rules that open it. */
  readonly rules: readonly string[];
  /** The command line that inserts them, for a shell; `undefined` when a name in it is not safe to type. */
  readonly command: string | undefined;
}

export interface FirewallQuestion {
  /** Our own tables, which are not looked at, nor those of the guard. */
  readonly table: string;
  readonly device: string;
  readonly uplinks: readonly string[];
  /** Whether peers may begin flows. */
  readonly isExposed?: boolean;
}

/** A chain as `nft -j list chains` has it. */
interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly policy?: string;
}

interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly unknown[];
}

/** The objects of one kind in nft's JSON. */
function objects<T>(text: string, kind: string): T[] {
  const { nftables } = JSON.parse(text) as { nftables: readonly Readonly<Record<string, unknown>>[] };
  return nftables.flatMap((object) => (object[kind] === undefined ? [] : [object[kind] as T]));
}

/**
 * The forward chains that IPv6 packets pass. Lists chains only, then the tables they are in: `nft -j list ruleset` of nft
 * 1.0.6 prints other memory as the flags of a table that has an owner, or is killed by it.
 */
async function forwardChains(host: Host, own: string): Promise<Chain[]> {
  const chains = objects<Chain>(await host.run(['nft', '-j', 'list', 'chains']), 'chain');
  const ours = new Set([own, guardName(own)]);
  return chains.filter(
    ({ family, table, type, hook }) =>
      hook === 'forward' && type === 'filter' && (family === 'ip6' || family === 'inet') && !ours.has(table),
  );
}

/**
 * Names that nft reads as one word. Netlink allows any name, and of `x; flush ruleset` nft would make two commands, as
 * it reads its arguments like lines of a file (S9).
 */
const WORD = /^[A-Za-z][A-Za-z0-9_.-]*$/;

/**
 * The rules of a chain's table; none where they cannot be read, so that the policy alone is judged: the name is no word,
 * or the table has an owner, as firewalld's, which nft 1.0.6 cannot print. `undefined` when the table has gone.
 */
async function rulesOf(host: Host, { family, table }: Chain): Promise<Chains | undefined> {
  const chains = new Map<string, (readonly unknown[])[]>();
  if (!WORD.test(table)) return chains;
  let rules: Rule[];
  try {
    rules = objects<Rule>(await host.run(['nft', '-j', 'list', 'table', family, table]), 'rule');
  } catch (error) {
    return error instanceof CommandError && /No such file/.test(error.stderr) ? undefined : chains;
  }
  for (const { chain, expr } of rules) chains.set(chain, [...(chains.get(chain) ?? []), expr]);
  return chains;
}

/** Packets that must pass, each with its words and the rule that would let it. */
function probes({ device, uplinks, isExposed }: FirewallQuestion): { probe: Probe; words: string; rule: string }[] {
  const name = interfaceName(device);
  const inward = (uplink: string, ctState: Probe['ctState']): Probe => ({ iifname: uplink, oifname: device, ctState });
  return uplinks.flatMap((uplink) => [
    {
      probe: { iifname: device, oifname: uplink, ctState: 'new' },
      words: `${device} to ${uplink}`,
      rule: `iifname ${name} accept`,
    },
    // The rule lets everything in: our own chain comes first, and lets in no more than replies and what was exposed.
    isExposed === true
      ? { probe: inward(uplink, 'new'), words: `${uplink} to ${device}`, rule: `oifname ${name} accept` }
      : {
          probe: inward(uplink, 'established'),
          words: `replies from ${uplink} to ${device}`,
          rule: `oifname ${name} accept`,
        },
  ]);
}

/** The command line that inserts rules at the front of a chain. Names are those nft reads without quotes. */
function openingCommand({ family, table, name }: Chain, rules: readonly string[]): string | undefined {
  if (!WORD.test(table) || !WORD.test(name)) return undefined;
  return `nft '${rules.map((rule) => `insert rule ${family} ${table} ${name} ${rule}`).join('; ')}'`;
}

function judge(chain: Chain, fateOf: (probe: Probe) => Fate, question: FirewallQuestion): BlockingChain[] {
  const isClosed = chain.policy === 'drop';
  const stopped = probes(question)
    .map(({ probe, words, rule }) => ({ words, rule, fate: fateOf(probe) }))
    .filter(({ fate }) => fate === 'drop' || (fate !== 'accept' && isClosed));
  if (stopped.length === 0) return [];
  const how = stopped.some(({ fate }) => fate !== 'drop') ? 'policy drop' : 'a rule';
  const rules = [...new Set(stopped.map(({ rule }) => rule))];
  return [
    {
      family: chain.family === 'ip6' ? 'ip6' : 'inet',
      table: chain.table,
      chain: chain.name,
      reason: `${how} stops ${stopped.map(({ words }) => words).join(', ')}`,
      rules,
      command: openingCommand(chain, rules),
    },
  ];
}

/**
 * The forward chains of other tables that would drop packets between the device and the uplinks, as far as their rules
 * can be read; none, an empty list. Rejects when `nft` cannot list chains. A table that goes while it is read counts as open.
 */
export async function findBlockingChains(host: Host, question: FirewallQuestion): Promise<BlockingChain[]> {
  const found: BlockingChain[] = [];
  for (const chain of await forwardChains(host, question.table)) {
    const chains = await rulesOf(host, chain);
    if (chains !== undefined) found.push(...judge(chain, (probe) => walk(chain.name, chains, probe), question));
  }
  return found;
}
