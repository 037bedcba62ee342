/** Why an agent that is up is only degraded: a pure conclusion from what was observed, in words for people and codes for programs. */
import type { BlockingChain } from '../install/firewall.ts';
import type { Mode, Reason, ServerStatus } from './control/agent.ts';
import type { Repaired } from './repairs.ts';

export interface Observations {
  readonly mode: Mode;
  readonly isLoopbackUp: boolean;
  readonly uplinks: readonly string[];
  readonly servers: readonly ServerStatus[];
  /** Those of `servers` that programs can reach, and whose questions nevertheless could not be caught. */
  readonly unanswered: readonly string[];
  /** Servers that lead back to us, and are not asked (D7). */
  readonly loops: readonly string[];
  /** Programs whose questions cannot be taken. */
  readonly gaps: readonly Reason[];
  readonly blocking: readonly BlockingChain[];
  /** Whether packets are handled. */
  readonly isAlive: boolean;
  /** What others change again and again, so that it is not repaired any more. */
  readonly givenUp: readonly Repaired[];
  /** What kept the last change of the network from being followed. */
  readonly problem: string | undefined;
}

/** All reasons, the one that breaks most first; none when everything works. */
export function degradedReasons(observations: Observations): Reason[] {
  const { mode, isLoopbackUp, uplinks, blocking, isAlive, problem } = observations;
  const reasons: Reason[] = [];
  if (!isAlive)
    reasons.push({ code: 'not-answering', text: 'A packet worker does not answer: nothing is translated.' });
  if (uplinks.length === 0) {
    reasons.push({ code: 'no-uplink', text: 'No interface has an IPv6 route: IPv6 peers cannot be reached.' });
  }
  if (mode === 'snoop' && !isLoopbackUp) {
    reasons.push({
      code: 'loopback-down',
      text: 'The loopback interface is down: questions cannot be caught.',
      command: 'ip link set lo up',
    });
  }
  reasons.push(...serverReasons(observations), ...observations.gaps);
  for (const { family, table, chain, reason, command } of blocking) {
    const text = `Chain ${chain} of table ${family} ${table} drops translated packets: ${reason}.`;
    reasons.push({ code: 'firewall', text, ...(command === undefined ? {} : { command }) });
  }
  for (const what of observations.givenUp) {
    const then = what === 'the forward guard' ? 'made anew all the same' : 'left as it is';
    const text = `Somebody changed ${what} ten times within an hour: it is ${then}.`;
    reasons.push({ code: 'not-repaired', text });
  }
  if (problem !== undefined) {
    reasons.push({ code: 'not-followed', text: `A change of the network could not be followed: ${problem}.` });
  }
  return reasons;
}

function serverReasons({ mode, servers, unanswered, loops }: Observations): Reason[] {
  if (servers.length === 0) {
    const text =
      mode !== 'listen'
        ? 'No DNS server is known: there is no /etc/resolv.conf.'
        : 'No DNS server is known that could be asked: say which with `upstreams`.';
    return [{ code: 'no-server', text }];
  }
  const uncaught = servers.filter(({ listener }) => listener === null).map(({ server }) => server);
  const unreachable = uncaught.filter((server) => !unanswered.includes(server));
  const reasons: Reason[] = loops.map((server) => ({
    code: 'server-loop',
    text: `The DNS server ${server} passes questions back to this daemon: it is not asked.`,
  }));
  if (unanswered.length > 0) {
    const text = `Questions to ${unanswered.join(', ')} could not be caught: names asked there are not synthesized.`;
    reasons.push({ code: 'server-not-caught', text });
  }
  // One that cannot be reached is no loss while another can: programs go on to that one.
  if (unreachable.length > 0 && uncaught.length === servers.length) {
    reasons.push({
      code: 'server-unreachable',
      text: `There is no route to the DNS servers ${unreachable.join(', ')}.`,
    });
  }
  return reasons;
}
