/**
 * The source addresses that routes name, as rules: `masquerade` takes the address the kernel prefers on the interface, also
 * where a route says `src` (ip-route(8)).
 */

import { replaceChain, replaceSet } from './nft-set.ts';
import { addressWord, interfaceName, prefixWord, tableIn } from './nft-word.ts';

/** What becomes of new flows that leave by a device for a prefix. */
export interface SourceRule {
  readonly device: string;
  /** A prefix, an address or `default`. */
  readonly destination: string;
  /** `undefined`: they are masqueraded as all others. */
  readonly source: string | undefined;
}

/**
 * The commands after which exactly these rules hold, in one transaction; the first that matches counts. An address may be
 * taken from the host before the rule that names it is: until then nothing leaves in its name. Throws for what is no
 * address, prefix or name. The rules are for questions of our own, too, that would leave in the name of a `detached` prefix.
 */
export function sourcesCommands(
  settings: { readonly table: string; readonly device: string },
  rules: readonly SourceRule[],
  detached: readonly string[],
): string {
  const table = tableIn('ip6', settings);
  const lines = rules.map(({ device, destination, source }) => {
    const match = destination === 'default' ? '' : ` ip6 daddr ${prefixWord('ip6', destination)}`;
    const verdict = source === undefined ? 'masquerade' : `snat to ${addressWord(source)}`;
    return `add rule ${table} sources oifname ${interfaceName(device)}${match} ${verdict}\n`;
  });
  const named = [...new Set(rules.flatMap(({ source }) => source ?? []))].map(addressWord);
  const isGone = `iifname ${interfaceName(settings.device)} ip6 saddr { ${named.join(', ')} } fib saddr type != local`;
  const stale = named.length === 0 ? undefined : [`${isGone} counter drop`];
  return [
    `flush chain ${table} sources\n`,
    ...lines,
    replaceChain(`${table} stale`, 'type filter hook postrouting priority 150; policy accept;', stale),
    replaceSet(
      `${table} detached`,
      detached.map((prefix) => prefixWord('ip6', prefix)),
    ),
  ].join('');
}
