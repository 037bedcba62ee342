/** Sets of nft as text. */
import type { NftWord } from './nft-word.ts';

/** The commands after which a set has exactly these elements, in one transaction; `name` with its family and table. */
export function replaceSet(name: string, elements: readonly NftWord[]): string {
  return `flush set ${name}\n${elements.length === 0 ? '' : `add element ${name} { ${elements.join(', ')} }\n`}`;
}
