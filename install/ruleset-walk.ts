/**
 * What a chain of another program would do with a packet of ours, read from nft's JSON (libnftables-json(5)). Matches
 * that cannot be decided from what is known of the packet count as not matching, so the answer is likely, not certain.
 */

/** What is known of a packet. */
export interface Probe {
  readonly iifname: string;
  readonly oifname: string;
  readonly ctState: 'new' | 'established';
}

/** The rules of one table: per chain a list of rules, each a list of statements. */
export type Chains = ReadonlyMap<string, readonly (readonly unknown[])[]>;

/** `undefined`: the packet came to the end of the chain. */
export type Fate = 'accept' | 'drop' | 'return' | undefined;

/** Deeper than the kernel lets chains jump (NFT_JUMP_STACK_SIZE). */
const MOST_JUMPS = 16;

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The value of a selector for this packet, or `undefined` when it is not known. */
function known(selector: unknown, probe: Probe): string | undefined {
  const { meta, ct } = fields(selector);
  const metaKey = fields(meta).key;
  if (metaKey === 'iifname' || metaKey === 'iif') return probe.iifname;
  if (metaKey === 'oifname' || metaKey === 'oif') return probe.oifname;
  if (metaKey === 'nfproto') return 'ipv6';
  if (metaKey === 'protocol') return 'ip6';
  return fields(ct).key === 'state' ? probe.ctState : undefined;
}

/** Whether a known value is among those of the right side; `undefined` when that cannot be read here (a named set). */
function isAmong(value: string, right: unknown): boolean | undefined {
  if (typeof right === 'string') {
    if (right.startsWith('@')) return undefined;
    return right.endsWith('*') ? value.startsWith(right.slice(0, -1)) : value === right;
  }
  const list: unknown = Array.isArray(right) ? right : fields(right).set;
  if (!Array.isArray(list)) return undefined;
  const found = list.map((element) => isAmong(value, element));
  return found.includes(true) ? true : found.includes(undefined) ? undefined : false;
}

/** Whether a match holds for the packet, as far as it can be decided. */
function matches(match: Fields, probe: Probe): boolean {
  const value = known(match.left, probe);
  const among = value === undefined ? undefined : isAmong(value, match.right);
  return among !== undefined && (match.op === '!=' ? !among : among);
}

/** The statement a verdict map has for the packet. */
function lookup(vmap: Fields, probe: Probe): unknown {
  const value = known(vmap.key, probe);
  const { set } = fields(vmap.data);
  if (value === undefined || !Array.isArray(set)) return undefined;
  return set.find((pair) => Array.isArray(pair) && isAmong(value, pair[0]) === true)?.[1];
}

/** What a statement does; `'continue'` when the next statement is looked at, `'skip'` when the rule does not match. */
function perform(statement: unknown, chains: Chains, probe: Probe, depth: number): Fate | 'continue' | 'skip' {
  const { match, vmap, jump, goto, xt, limit, ...rest } = fields(statement);
  if (match !== undefined) return matches(fields(match), probe) ? 'continue' : 'skip';
  if (vmap !== undefined) return perform(lookup(fields(vmap), probe), chains, probe, depth);
  // A match of iptables' own. `conntrack` is there to let replies pass; of the others nothing is known.
  if (xt !== undefined) {
    const { type, name } = fields(xt);
    if (type === 'target' || type === 'watcher') return 'continue';
    return name === 'conntrack' && probe.ctState === 'established' ? 'continue' : 'skip';
  }
  if (limit !== undefined) return 'skip';
  if ('accept' in rest) return 'accept';
  if ('drop' in rest || 'reject' in rest || 'queue' in rest) return 'drop';
  if ('return' in rest) return 'return';
  const target = fields(jump ?? goto).target;
  if (typeof target !== 'string') return 'continue';
  const fate = walk(target, chains, probe, depth + 1);
  if (fate === 'accept' || fate === 'drop') return fate;
  return goto === undefined ? 'continue' : 'return';
}

/** Walks a chain as the kernel does: rules in order, jumps followed, the first verdict counts. */
export function walk(chain: string, chains: Chains, probe: Probe, depth = 0): Fate {
  if (depth > MOST_JUMPS) return undefined;
  for (const rule of chains.get(chain) ?? []) {
    for (const statement of rule) {
      const fate = perform(statement, chains, probe, depth);
      if (fate === 'skip') break;
      if (fate !== 'continue') return fate;
    }
  }
  return undefined;
}
