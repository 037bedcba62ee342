/** Names of network interfaces, checked where they come in (S9). */

/**
 * Returns an interface name that is one word everywhere: a path element, an argument, a word of nft. The kernel allows
 * almost anything in up to 15 octets, `a;b` and `$(x)` too; here only letters, digits, `_`, `.` and `-`, the first of
 * them no `.` or `-`. Notably not `*`, which nft reads as any ending. Throws for anything else.
 */
export function checkedInterfaceName(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(text)) return text;
  throw new Error(`Cannot use ${JSON.stringify(text)} as an interface name`);
}
