/**
 * Kills the daemon, its janitor, and both, as often as it is told, under load, and prints what was found (S5). As root:
 * `install/node test/death/kill.ts [--times 100] [--victim daemon|janitor|both]`
 */
import { parseArgs } from 'node:util';
import { spread } from '../bench/statistics.ts';
import { limits, playRound, type Round, setDeathScene, type Victim, victims } from './rounds.ts';

const { values } = parseArgs({ options: { times: { type: 'string', default: '100' }, victim: { type: 'string' } } });
const times = Number(values.times);
const chosen = victims.filter((victim) => values.victim === undefined || values.victim === victim);
if (!Number.isInteger(times) || times < 1 || times > 1000 || chosen.length === 0) {
  console.error('usage: kill.ts [--times 1-1000] [--victim daemon|janitor|both]');
  process.exit(2);
}

const text = (numbers: readonly number[]): string => {
  const { median, most } = spread(numbers);
  return `median ${median.toFixed(0)} ms, at most ${most.toFixed(0)} ms`;
};

/** Prints what the rounds of one victim found; returns how many were not as they have to be. */
function report(victim: Victim, rounds: readonly Round[]): number {
  const unlike = rounds.filter(({ left }) => left.length > 0);
  const late = rounds.filter(
    ({ asBefore, answering }) => !(asBefore <= limits.AS_BEFORE && answering <= limits.ANSWERING),
  );
  for (const { left } of unlike) console.log(left.join('\n'));
  console.log(
    `${victim}: ${rounds.length} times, as before ${rounds.length - unlike.length} times, ${late.length} late`,
  );
  console.log(`  as before after ${text(rounds.map(({ asBefore }) => asBefore))}`);
  console.log(`  answering after ${text(rounds.map(({ answering }) => answering))}`);
  return unlike.length + late.length;
}

const scene = await setDeathScene();
let faults = 0;
try {
  for (const victim of chosen) {
    const rounds: Round[] = [];
    for (let round = 0; round < times; round++) rounds.push(await playRound(scene, victim, 5300 + round));
    faults += report(victim, rounds);
  }
  const { leaks, missed } = await scene.watch.end();
  console.log(`packets with a ULA or a spool address on the uplink: ${leaks.length} (${missed} not looked at)`);
  faults += leaks.length;
} finally {
  scene.lab.demolish();
}
process.exit(faults === 0 ? 0 : 1);
