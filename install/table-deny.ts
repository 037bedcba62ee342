/**
 * Users whose programs may not send to the spool (S16): the IPv6 packets have no socket, so that rules by user do not see
 * them, but on the IPv4 side, before translation, they have one.
 */
import { interfaceName, numberWord, tableName } from './nft-word.ts';

/** The largest user id; the one above it means "no user". */
const LARGEST_USER = 0xffff_fffe;

/**
 * The commands that add the chain to a table that is there: what these users send to the device is refused. None for
 * nobody. Throws for what is no user id.
 */
export function denyCommands({ table, device }: { table: string; device: string }, users: readonly number[]): string {
  if (users.length === 0) return '';
  const chain = `inet ${tableName(table)} deny`;
  const ids = users.map((user) => numberWord(user, 0, LARGEST_USER, 'a user id')).join(', ');
  const match = `oifname ${interfaceName(device)} meta skuid { ${ids} }`;
  return `add chain ${chain} { type filter hook output priority 0; policy accept; }
add rule ${chain} ${match} counter reject with icmpx type admin-prohibited
`;
}
