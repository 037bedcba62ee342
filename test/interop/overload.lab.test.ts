/**
 * More questions than can be answered: dnsperf asks, a silent and a sound server are asked. `BIS_OVERLOAD_SECONDS=60` makes it as long as the requirement has it. Needs root.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startJudged } from './judged-servers.ts';
import { type Court, dig, FAULTY, SERVER, setCourt } from './judging.ts';

const seconds = Number(process.env.BIS_OVERLOAD_SECONDS ?? 5);
/** Ten times what may be under way. */
const UNDER_WAY = 10_240;

let court: Court;
test.before(async () => {
  court = await setCourt(FAULTY, SERVER);
  await startJudged(court.lab, 'unbound');
  await court.start();
});
test.after.always(() => court?.lab.demolish());

function questions(count: number, name: (index: number) => string): string {
  const file = path.join(court.lab.directory, 'questions');
  fs.writeFileSync(file, Array.from({ length: count }, (_, index) => `${name(index)} A\n`).join(''));
  return file;
}

async function dnsperf(server: string, file: string, ...more: readonly string[]): Promise<string> {
  return court.dual.must(['dnsperf', '-s', server, '-d', file, ...more], undefined, (seconds + 60) * 1000);
}

test.serial(
  `D6: ${UNDER_WAY} questions under way for ${seconds} s: the rest is refused, and then all is as before within a second`,
  async (t) => {
    t.timeout((seconds + 60) * 1000);
    const file = questions(50_000, (index) => `silent-silent.o${index}.fault.example`);
    const out = await dnsperf(FAULTY, file, '-l', String(seconds), '-q', String(UNDER_WAY), '-c', '32', '-t', '5');
    const refused = Number(/REFUSED (\d+)/.exec(out)?.[1] ?? 0);
    t.true(refused > UNDER_WAY, out);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    t.is(await dig(court.dual, SERVER, 'six.judge.example'), '1 spool');
    t.is(await dig(court.dual, SERVER, 'six.judge.example', '+tcp'), '1 spool');
    t.is(await dig(court.dual, FAULTY, 'nodata-good.after.fault.example'), '1 spool');
    const status = await court.agent.status();
    t.true((status?.resolver?.counters.refused ?? 0) > 0);
  },
);

test.serial('the host is as it was', async (t) => {
  t.deepEqual(await court.stop(), []);
});
