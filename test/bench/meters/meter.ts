/** One kind of measurement: what it needs on the server, and how it is taken of one way. */
import type { Lab } from '../../lab/lab.ts';
import type { Contender } from '../contender.ts';
import type { Plan } from '../plan.ts';
import type { Figures } from '../quantity.ts';

export interface Meter {
  /** For `--meters`. */
  readonly name: string;
  /** Starts what it needs on the server. Resolves when that is ready. */
  serve(lab: Lab): Promise<void>;
  /** Measures one way once. Throws when nothing can be measured. */
  measure(contender: Contender, plan: Plan): Promise<Figures>;
}
