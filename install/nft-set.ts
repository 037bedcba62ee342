/** Sets and maps of nft as text. */
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
