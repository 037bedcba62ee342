/**
 * Opening a forward chain of another firewall for translated packets (S15): the one thing done to a table that is not
 * ours, and only on request. The rules bear a comment, by which they are found again to be removed.
 */
import type { BlockingChain } from './firewall.ts';
import { type Step, step } from './step.ts';

/** The comment of every rule of ours in a chain of somebody else. */
const OUR_COMMENT = 'bis';

/** The step that opens a chain; `undefined` where a name in it is not safe in a command. */
export function openingStep({ family, table, chain, rules, command }: BlockingChain): Step | undefined {
  if (command === undefined) return undefined;
  const nft = rules
    .map((rule) => `insert rule ${family} ${table} ${chain} ${rule} comment "${OUR_COMMENT}"\n`)
    .join('');
  const removeRules = { family, table, chain, comment: OUR_COMMENT };
  return step(`open chain ${chain} of table ${family} ${table}`, { nft }, { removeRules });
}
