/**
 * Tables that nobody else can change while we live, and that stay when we die: `flags owner, persist` (Linux 6.9). nft knows the
 * words since 1.1; libnftables of before makes the rest of such a table, and the table itself is made here, over its own socket
 * (linux/netfilter/nfnetlink.h, nf_tables.h).
 */
import { isAtLeast } from './kernel-release.ts';
import type { Family } from './nft-word.ts';

/** From the Linux headers. */
const PROTOCOL = { ip: 2, ip6: 10 } as const;
const NLM = { REQUEST: 0x001, ACK: 0x004, CREATE: 0x400 } as const;
const ERROR = 2;
/** `struct nlmsghdr` and, behind it, `struct nfgenmsg`: lengths in octets, and where things are. */
const HEADER = { SIZE: 20, LENGTH: 0, TYPE: 4, FLAGS: 6, SEQUENCE: 8, FAMILY: 16, RESOURCE: 18, CODE: 16 } as const;
const SUBSYSTEM = 10;
const message = { BATCH_BEGIN: 0x10, BATCH_END: 0x11, NEW_TABLE: SUBSYSTEM << 8 } as const;
/** Attributes: `struct nlattr`, aligned to 4 octets. */
const ATTRIBUTE_SIZE = 4;
const attribute = { NAME: 1, FLAGS: 2, USER_DATA: 6 } as const;
/** What nft keeps in user data: a type, a length and, of a comment, text that ends with a zero octet. */
const COMMENT = 0;
const OWNER_AND_PERSIST = 0x2 | 0x4;

/** What `keepCommand` says, as it is recognized. */
const KEEP = /^add table (ip6?) (\w+) \{ flags owner, persist; comment "([^"]*)"; \}$/;

/**
 * The command that makes such a table, or takes over one whose owner is dead: `table` with its family, and a comment of at most
 * 128 octets without quotation marks.
 */
export function keepCommand(table: string, comment: string): string {
  return `add table ${table} { flags owner, persist; comment "${comment}"; }\n`;
}

/** Whether a kernel keeps tables of the dead, by its release. */
export function canKeep(release: string): boolean {
  return isAtLeast(release, 6, 9);
}

/** A table to keep. */
export interface KeptTable {
  readonly family: Family;
  readonly name: string;
  readonly comment: string;
}

/** What is to be done one after the other: a table to keep, or commands for nft. */
export type Part = KeptTable | string;

/** Commands in parts: those of `keepCommand` each for itself, and what is between them. */
export function partsOf(commands: string): Part[] {
  const parts: Part[] = [];
  for (const line of commands.split('\n')) {
    const [, family, name, comment = ''] = KEEP.exec(line) ?? [];
    const last = parts.at(-1);
    if (family !== undefined && name !== undefined) parts.push({ family: family as Family, name, comment });
    else if (typeof last === 'string') parts[parts.length - 1] = `${last}\n${line}`;
    else parts.push(line);
  }
  return parts.filter((part) => typeof part !== 'string' || part.trim() !== '');
}

/** The batch that makes such a table, in octets for a netlink socket. */
export function keepBatch({ family, name, comment }: KeptTable): Uint8Array {
  const flags = new Uint8Array(4);
  new DataView(flags.buffer).setUint32(0, OWNER_AND_PERSIST);
  const text = Buffer.from(`${comment}\0`);
  const attributes = [
    attributeOf(attribute.NAME, Buffer.from(`${name}\0`)),
    attributeOf(attribute.FLAGS, flags),
    attributeOf(attribute.USER_DATA, Buffer.concat([Buffer.from([COMMENT, text.length]), text])),
  ];
  const flagsOfMessage = NLM.REQUEST | NLM.ACK | NLM.CREATE;
  return Buffer.concat([
    messageOf(message.BATCH_BEGIN, NLM.REQUEST, 1, 0, SUBSYSTEM),
    messageOf(message.NEW_TABLE, flagsOfMessage, 2, PROTOCOL[family], 0, attributes),
    messageOf(message.BATCH_END, NLM.REQUEST, 3, 0, SUBSYSTEM),
  ]);
}

/** The error number in what the kernel answered to it: 0 for none, `undefined` when it is no such answer. */
export function errorIn(answer: Uint8Array): number | undefined {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  if (answer.length < HEADER.SIZE || view.getUint16(HEADER.TYPE, true) !== ERROR) return undefined;
  return 0 - view.getInt32(HEADER.CODE, true);
}

function messageOf(
  type: number,
  flags: number,
  sequence: number,
  family: number,
  resource: number,
  attributes: readonly Uint8Array[] = [],
): Uint8Array {
  const octets = Buffer.concat([new Uint8Array(HEADER.SIZE), ...attributes]);
  octets.writeUInt32LE(octets.length, HEADER.LENGTH);
  octets.writeUInt16LE(type, HEADER.TYPE);
  octets.writeUInt16LE(flags, HEADER.FLAGS);
  octets.writeUInt32LE(sequence, HEADER.SEQUENCE);
  octets[HEADER.FAMILY] = family;
  octets.writeUInt16BE(resource, HEADER.RESOURCE);
  return octets;
}

function attributeOf(type: number, value: Uint8Array): Uint8Array {
  const length = ATTRIBUTE_SIZE + value.length;
  const octets = Buffer.alloc(Math.ceil(length / 4) * 4);
  octets.writeUInt16LE(length, 0);
  octets.writeUInt16LE(type, 2);
  octets.set(value, ATTRIBUTE_SIZE);
  return octets;
}
