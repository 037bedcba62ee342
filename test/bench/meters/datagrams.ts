/**
 * UDP packets that arrive, of those a sender sends at a rate that is the same for all: one that sends as fast as it can
 * takes the processors from those who are measured, and then nothing is measured but that.
 */
import type { Contender } from '../contender.ts';
import type { Plan } from '../plan.ts';
import { iperf, serveIperf } from './iperf.ts';
import type { Meter } from './meter.ts';

/** Packets a second, by their octets: more than the slower ones can carry on two cores. */
const offered = { 64: 250_000, 1400: 100_000 } as const;

async function delivered(contender: Contender, plan: Plan, octets: keyof typeof offered): Promise<number> {
  const rate = ['-u', '-l', String(octets), '-b', String(offered[octets] * octets * 8)];
  const { sum } = await iperf(contender, plan, 'datagrams', rate);
  return sum === undefined ? Number.NaN : (sum.packets - sum.lost_packets) / sum.seconds;
}

export const datagrams: Meter = {
  name: 'datagrams',
  serve: (lab) => serveIperf(lab, 'datagrams'),
  async measure(contender, plan) {
    return { udp64: await delivered(contender, plan, 64), udp1400: await delivered(contender, plan, 1400) };
  },
};
