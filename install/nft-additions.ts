/** What a table has, as commands that add it to one that is there: whoever names flags again would change them. */

/** A set, map, chain or timeout of our own texts: how it begins, what is in it, and the brace that ends it. */
const ITEM = /^ {2}(set|map|chain|ct timeout) (\w+) \{\n((?: {4}.*\n)*) {2}\}$/gm;

/** The commands for the content of a table as `table-content.ts` writes it; `table` with its family. Throws for other text. */
export function additions(table: string, content: string): string {
  const made: string[] = [];
  const rules: string[] = [];
  const rest = content.replaceAll(ITEM, '').trim();
  if (rest !== '') throw new Error(`Cannot add to ${table}: ${rest}`);
  for (const [, kind, name, body = ''] of content.matchAll(ITEM)) {
    const lines = body
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    if (kind !== 'chain') {
      made.push(`add ${kind} ${table} ${name} { ${lines.map((line) => `${line};`).join(' ')} }`);
      continue;
    }
    const [first = ''] = lines;
    const isHooked = first.startsWith('type ');
    made.push(`add chain ${table} ${name}${isHooked ? ` { ${first} }` : ''}`);
    rules.push(...lines.slice(isHooked ? 1 : 0).map((rule) => `add rule ${table} ${name} ${rule}`));
  }
  return [...made, ...rules].map((line) => `${line}\n`).join('');
}
