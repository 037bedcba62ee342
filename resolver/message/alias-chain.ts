/**
 * From the name asked for to the records asked for, along CNAME and DNAME (RFC 1034 §3.6.2, RFC 6672 §2.2). Only what
 * lies on this way counts: everything else in an answer may have been put there by anybody (RFC 2181 §5.4.1).
 */
import { budget, specified } from './budget.ts';
import { CLASS, TYPE } from './constants.ts';
import type { Message, RecordPlace } from './message.ts';
import { keysUpward, type Name, nameKey, readName, readNameKey } from './name.ts';

/** A record on its own, its names uncompressed, so that it can be written into another message. */
export interface WholeRecord {
  readonly owner: Name;
  readonly type: number;
  readonly ttlSeconds: number;
  readonly data: Uint8Array;
}

export interface AliasChain {
  /** The CNAME and DNAME records passed, in order. */
  readonly aliases: readonly WholeRecord[];
  /** The name the chain ends at. */
  readonly owner: Name;
  /** The records of the type asked for at that name, in the order received; none if the answer is negative. */
  readonly records: readonly RecordPlace[];
}

/** RFC 6672 §2.2: puts `target` in the place of the last `suffixLength` octets of `name`. */
function substitute(name: Name, suffixLength: number, target: Name): Name | undefined {
  const kept = name.length - suffixLength;
  if (kept + target.length > specified.NAME) return undefined;
  const result = new Uint8Array(kept + target.length);
  result.set(name.subarray(0, kept));
  result.set(target, kept);
  return result;
}

/** Records of class IN in the answer section, by the key of their owner. */
function byOwner(message: Message, types: readonly number[]): Map<string, RecordPlace[]> {
  const result = new Map<string, RecordPlace[]>();
  for (const record of message.answers) {
    if (record.class !== CLASS.IN || !types.includes(record.type)) continue;
    const key = readNameKey(message.octets, record.owner);
    if (key === undefined) continue;
    const same = result.get(key);
    if (same === undefined) result.set(key, [record]);
    else same.push(record);
  }
  return result;
}

/**
 * Follows the aliases of `message` from its question to the records of `type`. Returns `undefined` for a loop, and for
 * a chain longer than the budget.
 */
export function followAliases(message: Message, type: number): AliasChain | undefined {
  const known = byOwner(message, [type, TYPE.CNAME, TYPE.DNAME]);
  const at = (key: string, wanted: number): RecordPlace | undefined =>
    known.get(key)?.find((record) => record.type === wanted);
  const target = (record: RecordPlace): Name => readName(message.octets, record.data) ?? message.name;

  const hasDname = message.answers.some((record) => record.type === TYPE.DNAME);
  const passed = new Set<string>();
  const aliases: WholeRecord[] = [];
  let owner = message.name;
  for (let links = 0; links <= budget.ALIASES; links++) {
    const [key = '', ...above] = hasDname ? keysUpward(owner) : [nameKey(owner)];
    // A loop would end at the budget as well; with long names that alone takes milliseconds.
    if (passed.has(key)) return undefined;
    passed.add(key);
    const records = known.get(key)?.filter((record) => record.type === type) ?? [];
    if (records.length > 0) return { aliases, owner, records };

    const cname = at(key, TYPE.CNAME);
    const branch = above.find((suffix) => at(suffix, TYPE.DNAME) !== undefined);
    const dname = branch === undefined ? undefined : at(branch, TYPE.DNAME);
    if (cname === undefined && dname === undefined) return { aliases, owner, records };

    let next = cname === undefined ? undefined : target(cname);
    let ttlSeconds = cname?.ttlSeconds ?? 0;
    if (dname !== undefined && branch !== undefined) {
      const into = target(dname);
      aliases.push({
        owner: owner.slice(owner.length - branch.length),
        type: TYPE.DNAME,
        ttlSeconds: dname.ttlSeconds,
        data: into,
      });
      if (next === undefined) ttlSeconds = dname.ttlSeconds;
      next ??= substitute(owner, branch.length, into);
    }
    if (next === undefined) return undefined;
    aliases.push({ owner, type: TYPE.CNAME, ttlSeconds, data: next });
    owner = next;
  }
  return undefined;
}
