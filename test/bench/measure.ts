/** One round of one contender: TCP both ways and the round trip. */
import type { Contender } from './contender.ts';
import { median } from './statistics.ts';

/** What is measured, with its unit in the name. More is better, except for the round trip. */
export interface Measured {
  /** TCP from the client to the server, as the server received it. */
  readonly upBitsPerSecond: number;
  /** TCP from the server to the client. */
  readonly downBitsPerSecond: number;
  /** Median over the echo requests of the round. */
  readonly roundTripMicroseconds: number;
}

interface IperfReport {
  readonly end: { readonly sum_received: { readonly bits_per_second: number } };
}

async function tcp({ client, target }: Contender, seconds: number, more: readonly string[]): Promise<number> {
  const argv = ['iperf3', '-c', target, '-J', '-t', String(seconds), ...more];
  const report = JSON.parse(await client.must(argv, {}, (seconds + 10) * 1000)) as IperfReport;
  return report.end.sum_received.bits_per_second;
}

async function roundTrip({ client, target }: Contender, count: number): Promise<number> {
  const text = await client.must(['ping', '-n', '-i', '0.002', '-c', String(count), target]);
  const times = [...text.matchAll(/ time=([\d.]+) ms/g)].map((match) => Number(match[1]) * 1000);
  if (times.length < count / 2)
    throw new Error(`Only ${times.length} of ${count} echo requests to ${target} came back`);
  return median(times);
}

/** Measures one contender for `seconds` each way. Throws when a measurement fails. */
export async function measure(contender: Contender, seconds: number): Promise<Measured> {
  return {
    upBitsPerSecond: await tcp(contender, seconds, []),
    downBitsPerSecond: await tcp(contender, seconds, ['-R']),
    roundTripMicroseconds: await roundTrip(contender, 300),
  };
}
