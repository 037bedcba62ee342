/** Why an agent that is up is only degraded: a pure conclusion from what was observed, in words for people and codes for programs. */
import type { BlockingChain } from '../install/firewall.ts';
import type { Reason, ServerStatus } from './control/agent.ts';

export interface Observations {
  readonly uplinks: readonly string[];
  readonly servers: readonly ServerStatus[];
  readonly mode: 'snoop' | 'listen';
  readonly isLoopbackUp: boolean;
  readonly blocking: readonly BlockingChain[];
}

/** All reasons, the one that breaks most first; none when everything works. */
export function degradedReasons({ uplinks, servers, mode, isLoopbackUp, blocking }: Observations): Reason[] {
  const reasons: Reason[] = [];
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
  const uncaught = servers.filter(({ listener }) => listener === null).map(({ server }) => server);
  if (servers.length === 0) {
    reasons.push({ code: 'no-server', text: 'No DNS server is known: /etc/resolv.conf is missing.' });
  } else if (uncaught.length === servers.length) {
    reasons.push({ code: 'server-unreachable', text: `There is no route to the DNS servers ${uncaught.join(', ')}.` });
  }
  for (const { family, table, chain, reason, command } of blocking) {
    const text = `Chain ${chain} of table ${family} ${table} drops translated packets: ${reason}.`;
    reasons.push({ code: 'firewall', text, ...(command === undefined ? {} : { command }) });
  }
  return reasons;
}
