/**
 * Users whose programs may not send to the spool (S16): the IPv6 packets have no socket, so that rules by user do not see
 * them, but on the IPv4 side, before translation, they have one.
 */
import { families, interfaceName, numberWord, tableIn } from './nft-word.ts';
import { REFUSAL } from './table-content.ts';

/** The largest user id; the one above it means "no user". */
const LARGEST_USER = 0xffff_fffe;

/**
 * The commands that add the chain to tables that are there: what these users send to the device is refused. None for
 * nobody. Throws for what is no user id.
 */
export function denyCommands(
  settings: { readonly table: string; readonly device: string },
  users: readonly number[],
): string {
  if (users.length === 0) return '';
  const ids = users.map((user) => numberWord(user, 0, LARGEST_USER, 'a user id')).join(', ');
  const match = `oifname ${interfaceName(settings.device)} meta skuid { ${ids} }`;
  return families
    .map((family) => {
      const chain = `${tableIn(family, settings)} deny`;
      return `add chain ${chain} { type filter hook output priority 0; policy accept; }
add rule ${chain} ${match} counter ${REFUSAL[family]}
`;
    })
    .join('');
}
