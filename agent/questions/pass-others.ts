/** Lets the questions of programs that ask for others pass, and follows who they are (D12). */
import type { Host } from '../../install/host.ts';
import type { Nft } from '../../install/nft.ts';
import { type Passing, passCommands } from '../../install/table-snoop.ts';
import type { ExceptProgram } from '../config/config.ts';
import type { Reason } from '../control/agent.ts';
import type { Log } from '../log.ts';
import { type DnsProgram, observeDnsPrograms } from '../network/dns-programs.ts';
import { uidIn, whoPasses } from './passing.ts';

export interface PassOthersParts {
  readonly table: string;
  readonly host: Host;
  readonly nft: Pick<Nft, 'run'>;
  readonly except: readonly ExceptProgram[];
  readonly log: Pick<Log, 'info' | 'warn'>;
}

export class PassOthers {
  readonly #parts: PassOthersParts;
  #passing = '{}';
  #refused: readonly Reason[] = [];
  #hasWarned = false;

  constructor(parts: PassOthersParts) {
    this.#parts = parts;
  }

  /** Looks who they are now, `stubs` among them. Resolves to those that should pass and do not. */
  async follow(stubs: readonly string[]): Promise<readonly Reason[]> {
    const { except, host, log } = this.#parts;
    const uidOf = (name: string): number | undefined => uidIn(host.readText('/etc/passwd') ?? '', name);
    const programs = await this.#programs();
    const { passing, gaps } = whoPasses({ programs, configured: except, stubs, uidOf });
    const text = JSON.stringify(passing);
    if (text !== this.#passing) {
      this.#refused = this.#set(passing);
      this.#passing = text;
      log.info(passing, 'Whose questions pass, because they ask for others');
    }
    return [...gaps, ...this.#refused];
  }

  async #programs(): Promise<DnsProgram[]> {
    try {
      return await observeDnsPrograms(this.#parts.host);
    } catch (error) {
      if (!this.#hasWarned) this.#parts.log.warn({ err: error }, 'Cannot see who listens on port 53');
      this.#hasWarned = true;
      return [];
    }
  }

  /** The kernel refuses control groups that are not there, or that it does not match: then the others are set. */
  #set(passing: Passing): Reason[] {
    const { nft } = this.#parts;
    const refused: Reason[] = [];
    const cgroups: string[] = [];
    nft.run(passCommands(this.#parts, { ...passing, cgroups: [] }));
    for (const cgroup of passing.cgroups) {
      try {
        nft.run(passCommands(this.#parts, { ...passing, cgroups: [...cgroups, cgroup] }));
        cgroups.push(cgroup);
      } catch (error) {
        const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
        refused.push({ code: 'guests', text: `Questions of the control group ${cgroup} do not pass: ${why}.` });
      }
    }
    return refused;
  }
}
