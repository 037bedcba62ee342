/**
 * The words that may stand in an nft command (S9). Names, addresses and numbers from outside become command text only
 * through these functions, which refuse whatever nft would read as more than one word of that kind.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { checkedInterfaceName } from './interface-name.ts';

/** Text that is safe inside an nft command. */
export type NftWord = string & { readonly __brand: 'NftWord' };

export type Family = 'ip' | 'ip6';

/** Both, in the order in which what is done for both is done. */
export const families: readonly Family[] = ['ip', 'ip6'];

function refuse(what: string, text: unknown): never {
  throw new Error(`Cannot use ${JSON.stringify(text)} as ${what} in an nft command`);
}

/** Requires `text` to match, and returns it. */
function matching(pattern: RegExp, what: string, text: string): NftWord {
  return pattern.test(text) ? (text as NftWord) : refuse(what, text);
}

/** The name of a table: a letter, then letters, digits and underscores, at most 32. */
export function tableName(text: string): NftWord {
  return matching(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, 'a table name', text);
}

/** The name of our table of a family, with the family. */
export function tableIn(family: Family, { table }: { readonly table: string }): NftWord {
  return `${family} ${tableName(table)}` as NftWord;
}

/** The name of the guard's tables where ours have this name. */
export function guardName(table: string): NftWord {
  return tableName(`${table}_guard`);
}

/** The name of the guard's table of a family, with the family. */
export function guardIn(family: Family | 'inet', { table }: { readonly table: string }): NftWord {
  return `${family} ${guardName(table)}` as NftWord;
}

/** An interface name, in quotes. */
export function interfaceName(text: string): NftWord {
  return `"${checkedInterfaceName(text)}"` as NftWord;
}

/** Which family an address is of. Throws when it is none, or has a zone: `fe80::1%eth0`. */
export function familyOf(text: string): Family {
  if (isIPv4(text)) return 'ip';
  return isIPv6(text) && !text.includes('%') ? 'ip6' : refuse('an address', text);
}

/** An address of either family, without prefix length or zone. */
export function addressWord(text: string): NftWord {
  familyOf(text);
  return text as NftWord;
}

/** An address of this host to listen on: not `0.0.0.0` or `::`, which would stand for all of them. */
export function listenAddress(text: string): NftWord {
  return /[1-9a-f]/i.test(text) ? addressWord(text) : refuse('an address to listen on', text);
}

/** An address or prefix of one family. nft itself clears the bits behind the prefix. */
export function prefixWord(family: Family, text: string): NftWord {
  const what = family === 'ip' ? 'an IPv4 prefix' : 'an IPv6 prefix';
  const [address = '', length, more] = text.split('/');
  const isAddress = family === 'ip' ? isIPv4(address) : isIPv6(address) && !address.includes('%');
  const most = family === 'ip' ? 32 : 128;
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= most);
  return isAddress && isLength && more === undefined ? (text as NftWord) : refuse(what, text);
}

/** A whole number from `least` to `most`, both included; `what` it is, for the error. */
export function numberWord(value: number, least: number, most: number, what: string): NftWord {
  const isWithin = Number.isInteger(value) && value >= least && value <= most;
  return isWithin ? (String(value) as NftWord) : refuse(what, value);
}

/** A TCP or UDP port: 1 to 65535. */
export function portWord(value: number): NftWord {
  return numberWord(value, 1, 0xffff, 'a port');
}

/** A control group below the root of its hierarchy, in quotes: `system.slice/docker.service`. */
export function cgroupPath(text: string): NftWord {
  const parts = text.split('/');
  const isPath = parts.every((part) => /^[A-Za-z0-9_.:@-]{1,255}$/.test(part) && part !== '.' && part !== '..');
  return isPath ? (`"${text}"` as NftWord) : refuse('a control group', text);
}

/** 32 bits, in hexadecimal as marks are written. */
export function markWord(value: number): NftWord {
  numberWord(value, 0, 0xffffffff, 'a mark');
  return `0x${value.toString(16)}` as NftWord;
}
