/**
 * Random and mutated packets at a live device (needs root): the kernel hands them over as it got them, what can be
 * translated goes back to it, and what it answers comes round again. `BIS_FLOOD_PACKETS` is how many, a million if not given
 * (7 s on two cores).
 */
import test from 'ava';
import { nodeCommand } from '../../test/lab/tools.ts';
import type { DirectionCounters } from './counters.ts';
import { LabDataPlane } from './fixture/lab-data-plane.ts';

const PACKETS = Number(process.env.BIS_FLOOD_PACKETS ?? 1_000_000);
/** The largest packet of the flood takes 4,040 octets. */
const MTU = '9000';
/** What the process may grow by: a packet buffer leaked once in a thousand would be over it at once. */
const GROWTH_OCTETS = 30 * 2 ** 20;

/** Packets that got a verdict. */
function handled({ verdicts }: DirectionCounters): number {
  return Object.entries(verdicts)
    .filter(([name]) => name === 'translated' || /^(refused|dropped)-/.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
}

test(`ROBUST: ${PACKETS} random and mutated packets leave a live device alive`, async (t) => {
  t.timeout(600_000);
  await using plane = await LabDataPlane.start('--queues', '2');
  await plane.host.must(['ip', 'link', 'set', 'bis0', 'mtu', MTU]);
  const flood = async (packets: number, seed: number) => {
    const argv = [
      ...nodeCommand('agent/data-plane/fixture/flood.ts'),
      '--packets',
      String(packets),
      '--seed',
      String(seed),
    ];
    return JSON.parse(await plane.host.must(argv, undefined, 500_000)) as { sent: number; refused: number };
  };
  await flood(20_000, 7);
  const before = await plane.report();
  const began = performance.now();
  const { sent, refused } = await flood(PACKETS, 1);
  const seconds = (performance.now() - began) / 1000;
  t.is(await plane.pings(), 3, 'an ordinary ping passes behind it');
  const after = await plane.report();
  t.true(after.isAlive);
  t.true(plane.program.isRunning);
  t.is(plane.program.stdout.match(/^lost/gm), null);
  t.is(sent + refused, PACKETS);
  t.true(sent > PACKETS * 0.95, `the kernel took ${sent} packets only`);
  const [seen, seenBefore] = [after, before].map((report) => handled(report.fourToSix) + handled(report.sixToFour));
  // A few fragments wait for others that never come.
  t.true((seen ?? 0) - (seenBefore ?? 0) > sent * 0.99, 'packets got a verdict, nearly all');
  t.true(after.residentOctets - before.residentOctets < GROWTH_OCTETS);
  t.log(
    `${sent} packets in ${seconds.toFixed(1)} s; ${((after.residentOctets - before.residentOctets) / 2 ** 20).toFixed(1)} MiB more`,
  );
  t.log(`${(seen ?? 0) - (seenBefore ?? 0)} verdicts`);
  t.log(JSON.stringify({ fourToSix: after.fourToSix.verdicts, sixToFour: after.sixToFour.verdicts }));
});
