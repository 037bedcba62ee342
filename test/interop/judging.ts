/** What the tests that judge the resolver share: a host behind the bump, dig, glibc, and what they say in short. */
import fs from 'node:fs';
import path from 'node:path';
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { pair, SERVER } from '../lab/networks.ts';
import type { Program } from '../lab/program.ts';
import { nodeCommand } from '../lab/tools.ts';

/** Where the faulty server answers. */
export const FAULTY = '2001:db8:6::53';

/** Programs that run at one time. */
const AT_ONCE = 24;

export interface Court {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly host6: LabHost;
  readonly agent: Agent;
  readonly faulty: Program;
  /** Starts the agent. It waits longer for A than it does by default, because a busy machine makes every server slow. */
  start(): Promise<void>;
  /** Stops it, and says what is not as it was before it started. */
  stop(): Promise<readonly string[]>;
}

/** Builds the network and starts the faulty server; the agent is prepared, not started. */
export async function setCourt(...servers: readonly string[]): Promise<Court> {
  const lab = await Lab.build(pair);
  const [dual, host6] = [lab.host('dual'), lab.host('host6')];
  await host6.must(['ip', '-6', 'address', 'add', `${FAULTY}/64`, 'dev', 'eth0', 'nodad']);
  const faulty = host6.start([...nodeCommand('test/interop/faulty-server.ts'), FAULTY, '53']);
  await faulty.says(/ready/);
  // Programs give up later than the resolver does, and ask once.
  const text = [...servers.map((server) => `nameserver ${server}`), 'options timeout:6 attempts:1', ''].join('\n');
  fs.writeFileSync(`/etc/netns/${dual.namespace}/resolv.conf`, text);
  const before = await dual.snapshot();
  const agent = new Agent(lab, dual);
  const config = path.join(lab.directory, 'judged.toml');
  fs.writeFileSync(config, '[resolver]\nwaitForAMs = 2000\n');
  return {
    lab,
    dual,
    host6,
    agent,
    faulty,
    start: async () => void (await agent.start(10_000, '--config', config)),
    stop: async () => {
      await agent.daemon.stop('SIGTERM', 5000);
      return dual.differencesSince(before);
    },
  };
}

/** What becomes of every one, a few at a time. */
export async function each<Item, Result>(
  items: readonly Item[],
  one: (item: Item) => Promise<Result>,
  atOnce: number = AT_ONCE,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await one(items[index] as Item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

const SPOOL = /^10\.170\.1[67]\d\.\d+$/;

/** `2 spool` for spool addresses, others as they are, sorted. */
export function inShort(addresses: readonly string[]): string {
  const spool = addresses.filter((address) => SPOOL.test(address));
  const others = addresses.filter((address) => !SPOOL.test(address)).sort();
  return [...(spool.length > 0 ? [`${new Set(spool).size} spool`] : []), ...others].join(' ');
}

/** What dig gets: its status if that is not NOERROR, `NODATA`, or addresses in short. */
export async function dig(dual: LabHost, server: string, name: string, ...words: readonly string[]): Promise<string> {
  const argv = ['dig', `@${server}`, '+tries=1', '+time=6', '+noall', '+comments', '+answer', ...words, name, 'A'];
  const { stdout } = await dual.run(argv, undefined, 20_000);
  const status = /status: (\w+)/.exec(stdout)?.[1] ?? 'nothing';
  if (status !== 'NOERROR') return status;
  const addresses = [...stdout.matchAll(/\sIN\s+A\s+(\S+)/g)].map(([, address = '']) => address);
  return addresses.length === 0 ? 'NODATA' : inShort(addresses);
}

/** What glibc finds for each name, in short; empty where it finds nothing. */
export async function glibc(dual: LabHost, names: readonly string[]): Promise<Record<string, string>> {
  const file = path.join(import.meta.dirname, 'addresses.py');
  const found = JSON.parse(await dual.must(['python3', file, ...names], undefined, 120_000)) as Record<
    string,
    string[]
  >;
  return Object.fromEntries(Object.entries(found).map(([name, addresses]) => [name, inShort(addresses)]));
}

/** What glibc makes of what dig says: only addresses are anything to it. */
export const asGlibc = (words: string): string => (/^[A-Z]+$/.test(words) ? '' : words);

export { SERVER };
