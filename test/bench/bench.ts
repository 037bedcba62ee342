/**
 * `npm run bench -- [--quick] [--judge] [--only WAYS] [--meters METERS] [--sections SECTIONS] [--json FILE]
 * [--picture FILE]`: native IPv6, `bis` and tayga over the same path, in interleaved rounds, and then what single
 * components do. Needs root, makes its own network namespaces, needs no network once its packages are there.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Lab } from '../lab/lab.ts';
import { type Contender, serveNames, startContender } from './contender.ts';
import { idleLines, idleShares } from './idle.ts';
import type { Meter } from './meters/meter.ts';
import { meters } from './meters/meters.ts';
import { benchNetwork, type Way, ways } from './network.ts';
import { picture } from './picture.ts';
import { plans } from './plan.ts';
import type { Figures } from './quantity.ts';
import { type Round, ratios, reportLines } from './report.ts';
import { isMissed, run, sections } from './section.ts';

/** Names for each way: more than all rounds ask for. */
const NAMES = 1100;
/** Where the picture and the report of a whole run go. */
const PAGE = path.resolve(import.meta.dirname, '../../docs/bench');

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    judge: { type: 'boolean', default: false },
    only: { type: 'string', default: ways.join() },
    meters: { type: 'string', default: meters.map(({ name }) => name).join() },
    sections: { type: 'string', default: sections.map(({ name }) => name).join() },
    json: { type: 'string' },
    picture: { type: 'string' },
  },
});

const plan = options.quick ? plans.quick : plans.full;
const machine = `${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.cpus().length} cores, Linux ${os.release()}, Node ${process.versions.node}`;
const date = new Date().toISOString().slice(0, 10);

/** Those of `all` that are named in `list`, in their own order. Throws when it names one that is not there. */
function chosen<T>(all: readonly T[], list: string, nameOf: (one: T) => string): T[] {
  const wanted = list.split(',').filter((name) => name !== '');
  const unknown = wanted.find((name) => !all.some((one) => nameOf(one) === name));
  if (unknown !== undefined) throw new Error(`There is no ${unknown}: say some of ${all.map(nameOf).join()}`);
  return all.filter((one) => wanted.includes(nameOf(one)));
}

/** All that was said. */
const report: string[] = [];
function say(lines: readonly string[]): void {
  report.push(...lines);
  console.log(lines.join('\n'));
}

/** Without what a program could not tell: iperf3 says so where the server's last words came too late. */
function known(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}

/**
 * Every meter with every way, beginning with another way each time, so that none always follows the same other. Ways
 * take turns within a meter: what is compared is measured within seconds.
 */
async function playRound(contenders: readonly Contender[], these: readonly Meter[], number: number): Promise<Round> {
  const figures = new Map<Way, Figures>(contenders.map(({ way }) => [way, {}]));
  for (const [turn, meter] of these.entries()) {
    const first = (number + turn) % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const measured = await meter.measure(contender, plan);
      figures.set(contender.way, { ...figures.get(contender.way), ...known(measured) });
    }
  }
  return Object.fromEntries(figures) as Round;
}

/** Rounds, and what the daemons use afterwards. */
async function compare(these: readonly Way[], taken: readonly Meter[]) {
  await using lab = await Lab.build(benchNetwork);
  await serveNames(lab, NAMES);
  for (const meter of taken) await meter.serve(lab);
  const contenders: Contender[] = [];
  for (const way of these) contenders.push(await startContender(lab, way));
  const rounds: Round[] = [];
  for (let number = 0; number < plan.rounds; number++) {
    process.stderr.write(`round ${number + 1} of ${plan.rounds}\n`);
    rounds.push(await playRound(contenders, taken, number));
  }
  return { rounds, idle: plan.idleSeconds > 0 ? await idleShares(contenders, plan.idleSeconds) : undefined };
}

async function bench(): Promise<number> {
  const these = chosen(ways, options.only, (way) => way);
  const taken = chosen(meters, options.meters, ({ name }) => name);
  const wanted = chosen(sections, options.sections, ({ name }) => name);
  const { rounds, idle } = taken.length === 0 ? { rounds: [] } : await compare(these, taken);
  const found = ratios(rounds);
  if (rounds.length > 0) say(reportLines(rounds, machine));
  const idleText = idle === undefined ? [] : idleLines(idle, plan.idleSeconds);
  say(['', ...idleText]);
  const more: { name: string; lines: readonly string[] }[] = [];
  for (const section of wanted) {
    const lines = await run(section, options.quick);
    more.push({ name: section.name, lines });
    say(['', section.title, ...lines.map((line) => `    ${line}`)]);
  }
  if (options.json !== undefined) {
    const all = { date, machine, plan, ratios: found, rounds, idle, sections: more };
    fs.writeFileSync(options.json, `${JSON.stringify(all, undefined, 2)}\n`);
  }
  // A whole run is worth showing; what is left out of others would be missed there.
  const isComparison = these.length === ways.length && taken.length === meters.length;
  const isWhole = !options.quick && isComparison && wanted.length === sections.length;
  const shown = options.picture ?? (isWhole ? path.join(PAGE, 'ratios.svg') : undefined);
  if (shown !== undefined) fs.writeFileSync(shown, picture(found, `${date}, ${machine}`));
  if (isWhole)
    fs.writeFileSync(path.join(PAGE, 'report.txt'), [`npm run bench, ${date}`, '', ...report, ''].join('\n'));
  const isEverythingMet =
    found.every(({ isMet }) => isMet !== false) &&
    ![...idleText, ...more.flatMap(({ lines }) => lines)].some((line) => isMissed(line));
  return options.judge && !isEverythingMet ? 1 : 0;
}

try {
  process.exitCode = await bench();
} catch (error) {
  console.error(error instanceof Error ? `bench: ${error.message}${error.cause ? `\n${error.cause}` : ''}` : error);
  process.exitCode = 1;
}
