/**
 * How many names a second the extension name resolver answers, with dnsperf, beside unbound and dnsmasq forwarding on the same
 * host in the same run. `install/node test/bench/names.ts [--seconds 5] [--only bis,unbound,dnsmasq]`. Needs root.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { pair, SERVER } from '../lab/networks.ts';
import { cachingUnbound, dnsmasqForwarder, namesServer, WARM_NAMES } from './names-servers.ts';
import { verdictText } from './section.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'bis,unbound,dnsmasq' },
  },
});
const seconds = Number(values.seconds);

/** More names than anybody answers in one measurement. */
const MOST_PER_SECOND = 60_000;
/** What the data plane carries beside the names, where it does. */
const LOAD = '1G';

/** Who answers, where it is asked, and the figures it is held to: answers a second. */
interface Answerer {
  readonly name: string;
  readonly address: string;
  readonly atLeast?: Readonly<Record<Figure, number>>;
}

const figures = [
  'from the cache',
  'for the first time',
  'from the cache, under load',
  'for the first time, under load',
] as const;
type Figure = (typeof figures)[number];

const answerers: readonly Answerer[] = [
  {
    name: 'bis',
    address: SERVER,
    atLeast: {
      'from the cache': 20_000,
      'for the first time': 3500,
      'from the cache, under load': 12_000,
      'for the first time, under load': 2000,
    },
  },
  { name: 'unbound', address: '127.0.0.2' },
  { name: 'dnsmasq', address: '127.0.0.3' },
];

let coldNames = 0;

/** A file of questions for dnsperf; the cold ones were never asked before. */
function questions(lab: Lab, isCold: boolean): string {
  const file = path.join(lab.directory, 'questions');
  const lines = isCold
    ? Array.from({ length: MOST_PER_SECOND * seconds }, () => `n${coldNames++}.cold.example A\n`)
    : Array.from({ length: WARM_NAMES }, (_, index) => `n${index}.warm.example A\n`);
  fs.writeFileSync(file, lines.join(''));
  return file;
}

/** Answers a second that dnsperf counts, with 64 questions under way; what is lost is not counted. */
async function ask(dual: LabHost, lab: Lab, address: string, isCold: boolean): Promise<{ rate: number; lost: number }> {
  const argv = ['dnsperf', '-s', address, '-d', questions(lab, isCold), '-l', String(seconds), '-q', '64', '-c', '8'];
  const out = await dual.must(argv, undefined, (seconds + 20) * 1000);
  const number = (pattern: RegExp): number => Number(pattern.exec(out)?.[1] ?? Number.NaN);
  const answered = number(/Response codes:.*?NOERROR (\d+)/);
  const took = number(/Run time \(s\):\s+([\d.]+)/);
  return { rate: answered / took, lost: number(/Queries lost:\s+(\d+)/) };
}

/** The same while the data plane carries `LOAD` from the host to the server. Returns what arrived of that, too. */
async function askUnderLoad(dual: LabHost, lab: Lab, address: string, target: string, isCold: boolean) {
  const iperf = dual.start(['iperf3', '-J', '-c', target, '-b', LOAD, '-t', String(seconds + 2)]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const asked = await ask(dual, lab, address, isCold);
  const report = JSON.parse((await iperf.ended()).stdout) as { end: { sum_received: { bits_per_second: number } } };
  return { ...asked, load: report.end.sum_received.bits_per_second };
}

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

async function bench(): Promise<void> {
  await using lab = await Lab.build(pair);
  const [dual, host6] = [lab.host('dual'), lab.host('host6')];
  await namesServer(lab, host6);
  await host6.start(['iperf3', '-s', '--forceflush']).says(/listening on/);
  await cachingUnbound(lab, dual);
  await dnsmasqForwarder(dual);
  const agent = new Agent(lab, dual);
  await agent.start();
  const [target = ''] = (await dual.must(['getent', 'ahostsv4', 'peer.warm.example'])).split(/\s/);

  const rates = new Map<string, number[]>();
  const loads: number[] = [];
  const lost = new Map<string, number>();
  const chosen = answerers.filter(({ name }) => values.only.split(',').includes(name));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { name, address } of chosen) {
      // Whoever is asked has everything in its cache when the counting begins.
      await ask(dual, lab, address, false);
      for (const figure of figures) {
        const isCold = figure.startsWith('for the first');
        const under = figure.endsWith('load');
        const {
          rate,
          lost: missing,
          load,
        } = under
          ? await askUnderLoad(dual, lab, address, target, isCold)
          : { ...(await ask(dual, lab, address, isCold)), load: undefined };
        const key = `${name} ${figure}`;
        rates.set(key, [...(rates.get(key) ?? []), rate]);
        lost.set(key, (lost.get(key) ?? 0) + missing);
        if (load !== undefined) loads.push(load);
      }
    }
  }
  console.log(
    `Answers a second, median of ${values.rounds}; under load the data plane carries ${LOAD}bit/s (least ${(Math.min(...loads) / 1e9).toFixed(2)})`,
  );
  for (const figure of figures) {
    for (const { name, atLeast } of chosen) {
      const key = `${name} ${figure}`;
      const rate = median(rates.get(key) ?? []);
      const least = atLeast?.[figure];
      const verdict = least === undefined ? '' : `   ${verdictText(rate >= least, `at least ${least}/s`)}`;
      const missing = lost.get(key) ? `   ${lost.get(key)} lost` : '';
      console.log(
        `${figure.padEnd(32)}${name.padEnd(9)}${Math.round(rate).toString().padStart(7)}/s${verdict}${missing}`,
      );
    }
  }
}

await bench();
