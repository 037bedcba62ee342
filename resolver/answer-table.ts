/**
 * The table by which every A question is decided (RFC 6535 §2.3, RFC 6147 §5.1): what the network said about A and about
 * AAAA in, what is answered out. All of the policy is here; nothing here knows a message.
 */

/** What the network said to the A question. */
export type AOutcome =
  /** At least one address a program can use. */
  | 'usable'
  /** Addresses, but none that leads anywhere. */
  | 'excluded'
  | 'nodata'
  | 'nxdomain'
  /** Any response code but 0 and 3. */
  | 'error'
  /** Nothing in time, or nothing that could be read. */
  | 'silence';

/** What the network said to the AAAA question. */
export type AaaaOutcome =
  /** At least one address we may stand in for. */
  | 'usable'
  /** No address, or none that we may stand in for; NXDOMAIN, too. */
  | 'empty'
  | 'error'
  | 'silence';

export type Decision = 'synthesize' | 'answer as A was answered' | 'fail';

const A = 'answer as A was answered';

const table: Record<AOutcome, Record<AaaaOutcome, Decision>> = {
  usable: { usable: A, empty: A, error: A, silence: A },
  // Excluded addresses can still be an answer: a DNS block list says 127.0.0.2.
  excluded: { usable: 'synthesize', empty: A, error: A, silence: A },
  // Without knowing about AAAA a NODATA would be believed, and kept.
  nodata: { usable: 'synthesize', empty: A, error: 'fail', silence: 'fail' },
  // RFC 6535 and RFC 6147 let NXDOMAIN stand. Servers that say it for names with only an AAAA exist, so we help.
  nxdomain: { usable: 'synthesize', empty: A, error: A, silence: A },
  error: { usable: 'synthesize', empty: A, error: A, silence: A },
  silence: { usable: 'synthesize', empty: 'fail', error: 'fail', silence: 'fail' },
};

export function decide(a: AOutcome, aaaa: AaaaOutcome): Decision {
  return table[a][aaaa];
}
