/** Sets, maps and chains of nft as text. */
import type { NftWord } from './nft-word.ts';

/** The commands after which a set has exactly these elements, in one transaction; `name` with its family and table. */
export function replaceSet(name: string, elements: readonly NftWord[]): string {
  return replaceElements('set', name, elements);
}

/** The same for elements of several words, each of them an `NftWord`. */
export function replaceElements(kind: 'set' | 'map', name: string, elements: readonly string[]): string {
  return `flush ${kind} ${name}\n${addElements(name, elements)}`;
}

/** The commands that add elements to a set or map: none for none. */
export function addElements(name: string, elements: readonly string[]): string {
  return elements.length === 0 ? '' : `add element ${name} { ${elements.join(', ')} }\n`;
}

/** The commands after which a chain has this hook and exactly these rules; `undefined`: after which it is not there. */
export function replaceChain(chain: string, hook: string, rules: readonly string[] | undefined): string {
  const lines = rules?.map((rule) => `add rule ${chain} ${rule}`) ?? [`delete chain ${chain}`];
  return [`add chain ${chain} { ${hook} }`, `flush chain ${chain}`, ...lines].map((line) => `${line}\n`).join('');
}
