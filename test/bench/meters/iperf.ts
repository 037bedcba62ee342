/** iperf3: its server, and runs of its client. */
import type { Lab } from '../../lab/lab.ts';
import type { Contender } from '../contender.ts';
import type { Plan } from '../plan.ts';

/** What of iperf3's report is used. Processor shares are percent of one core. */
export interface IperfReport {
  readonly end: {
    readonly sum_received?: { readonly bits_per_second: number; readonly bytes: number; readonly seconds: number };
    readonly sum?: { readonly packets: number; readonly lost_packets: number; readonly seconds: number };
    readonly cpu_utilization_percent: { readonly host_total: number; readonly remote_total: number };
  };
}

const PORTS: Record<string, number> = { tcp: 5201, datagrams: 5202 };

/** Starts a server for the meter of this name: each has its own, so that none waits for what another one left. */
export async function serveIperf(lab: Lab, meter: string): Promise<void> {
  const port = PORTS[meter] as number;
  const server = lab.host('host6').start(['iperf3', '-s', '-p', String(port), '--forceflush']);
  await server.says(new RegExp(`listening on ${port}`, 'i'));
}

/** Runs the client for the time the plan says. Throws when it fails. */
export async function iperf(
  { client, target }: Contender,
  { seconds }: Plan,
  meter: string,
  more: readonly string[],
): Promise<IperfReport['end']> {
  const argv = ['iperf3', '-c', target, '-p', String(PORTS[meter]), '-J', '-t', String(seconds), ...more];
  return (JSON.parse(await client.must(argv, {}, (seconds + 20) * 1000)) as IperfReport).end;
}
