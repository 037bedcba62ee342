/** TCP both ways, with one flow and with eight, and the processor time that one flow up takes. */
import type { Contender } from '../contender.ts';
import type { Plan } from '../plan.ts';
import { processorSeconds } from '../processor-time.ts';
import type { Figures } from '../quantity.ts';
import { iperf, serveIperf } from './iperf.ts';
import type { Meter } from './meter.ts';

async function rate(contender: Contender, plan: Plan, more: readonly string[]): Promise<number> {
  return (await iperf(contender, plan, 'tcp', more)).sum_received?.bits_per_second ?? Number.NaN;
}

/** One flow up, with what each process had of the processors for each octet that arrived. */
async function up(contender: Contender, plan: Plan): Promise<Figures> {
  const before = processorSeconds(contender.pid);
  const { sum_received: received, cpu_utilization_percent: share } = await iperf(contender, plan, 'tcp', []);
  if (received === undefined) throw new Error('iperf3 does not say what was received');
  const daemon = contender.pid === undefined ? {} : { cpuDaemon: processorSeconds(contender.pid) - before };
  const perOctet = (seconds: number): number => seconds / received.bytes;
  return {
    tcpUp: received.bits_per_second,
    ...(daemon.cpuDaemon === undefined ? {} : { cpuDaemon: perOctet(daemon.cpuDaemon) }),
    cpuClient: perOctet((share.host_total / 100) * received.seconds),
    cpuServer: perOctet((share.remote_total / 100) * received.seconds),
  };
}

export const tcp: Meter = {
  name: 'tcp',
  serve: (lab) => serveIperf(lab, 'tcp'),
  async measure(contender, plan) {
    return {
      ...(await up(contender, plan)),
      tcpDown: await rate(contender, plan, ['-R']),
      tcpUp8: await rate(contender, plan, ['-P', '8']),
      tcpDown8: await rate(contender, plan, ['-P', '8', '-R']),
    };
  },
};
