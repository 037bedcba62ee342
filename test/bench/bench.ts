/**
 * `npm run bench -- [--quick] [--judge] [--only WAYS] [--json FILE]`: native IPv6, `bis` and tayga over the same path,
 * in interleaved rounds. Needs root, makes its own network namespaces, needs no network once tayga is there.
 */
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { Lab } from '../lab/lab.ts';
import { type Contender, startContender, startServers } from './contender.ts';
import { type Measured, measure } from './measure.ts';
import { benchNetwork, type Way, ways } from './network.ts';
import { type Round, ratios, reportLines } from './report.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    judge: { type: 'boolean', default: false },
    only: { type: 'string', default: ways.join(',') },
    json: { type: 'string' },
  },
});

const plan = options.quick ? { rounds: 3, seconds: 2 } : { rounds: 10, seconds: 5 };
const machine = `${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.cpus().length} cores, Linux ${os.release()}, Node ${process.versions.node}`;

/** Every contender once, beginning with another one each time, so that none always follows the same other. */
async function playRound(contenders: readonly Contender[], number: number): Promise<Round> {
  const first = number % contenders.length;
  const round: Partial<Record<Way, Measured>> = {};
  for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
    round[contender.way] = await measure(contender, plan.seconds);
  }
  return Object.fromEntries(contenders.map(({ way }) => [way, round[way]])) as Round;
}

async function bench(): Promise<number> {
  const chosen = ways.filter((way) => options.only.split(',').includes(way));
  await using lab = await Lab.build(benchNetwork);
  await startServers(lab);
  const contenders: Contender[] = [];
  for (const way of chosen) contenders.push(await startContender(lab, way));
  const rounds: Round[] = [];
  for (let number = 0; number < plan.rounds; number++) {
    process.stderr.write(`round ${number + 1} of ${plan.rounds}\n`);
    rounds.push(await playRound(contenders, number));
  }
  console.log(reportLines(rounds, machine).join('\n'));
  if (options.json !== undefined) {
    fs.writeFileSync(
      options.json,
      `${JSON.stringify({ machine, plan, ratios: ratios(rounds), rounds }, undefined, 2)}\n`,
    );
  }
  return options.judge && ratios(rounds).some(({ isMet }) => isMet === false) ? 1 : 0;
}

try {
  process.exitCode = await bench();
} catch (error) {
  console.error(error instanceof Error ? `bench: ${error.message}${error.cause ? `\n${error.cause}` : ''}` : error);
  process.exitCode = 1;
}
