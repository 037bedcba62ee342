/** Round trips of echo requests, of UDP and of TCP: the middle one, and the one that 1 of 100 is slower than. */
import path from 'node:path';
import type { Contender } from '../contender.ts';
import { percentile } from '../statistics.ts';
import type { Meter } from './meter.ts';

const probe = ['python3', path.join(import.meta.dirname, '../probe.py')];
/**
 * Echo requests are 2 ms apart, so that everything sleeps in between; the others follow each other at once. Of 300, the one that 1 of
 * 100 is slower than is the third from the end, and says little.
 */
const ECHOES = 1000;
const ASKED = 2000;

/** Seconds of each round trip. Throws when more than half of them failed. */
function enough(microseconds: number[], count: number, what: string): number[] {
  if (microseconds.length < count / 2) throw new Error(`Only ${microseconds.length} of ${count} ${what} came back`);
  return microseconds.map((value) => value / 1e6);
}

async function echoes({ client, target }: Contender): Promise<number[]> {
  const text = await client.must(['ping', '-n', '-i', '0.002', '-c', String(ECHOES), target]);
  const times = [...text.matchAll(/ time=([\d.]+) ms/g)].map((match) => Number(match[1]) * 1000);
  return enough(times, ECHOES, 'echo requests');
}

async function asked({ client, target }: Contender, kind: 'udp' | 'tcp'): Promise<number[]> {
  const text = await client.must([...probe, kind, target, String(ASKED)], {}, 60_000);
  return enough(text.trim().split('\n').map(Number), ASKED, `${kind} questions`);
}

export const roundTrips: Meter = {
  name: 'round-trips',
  async serve(lab) {
    await lab
      .host('host6')
      .start([...probe, 'serve'])
      .says(/ready/);
  },
  async measure(contender) {
    const [echo, udp, tcp] = [await echoes(contender), await asked(contender, 'udp'), await asked(contender, 'tcp')];
    return {
      echoHalf: percentile(echo, 50),
      echoMost: percentile(echo, 99),
      udpHalf: percentile(udp, 50),
      udpMost: percentile(udp, 99),
      tcpHalf: percentile(tcp, 50),
      tcpMost: percentile(tcp, 99),
    };
  },
};
