/** Which capabilities this process has (capabilities(7)), and which it lacks to do its work. */
import { readFileSync } from 'node:fs';
import type { Config } from './config/config.ts';

/** From linux/capability.h. */
const capability = { CAP_NET_BIND_SERVICE: 10, CAP_NET_ADMIN: 12 } as const;

export type Capability = keyof typeof capability;

/** Ports below this are only for those who may (ip_unprivileged_port_start, its usual value). */
const FIRST_FREE_PORT = 1024;

/** Whether this process has a capability now. Yes where `/proc` does not say. */
export function hasCapability(name: Capability, status: string = ownStatus()): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective === undefined || ((BigInt(`0x${effective}`) >> BigInt(capability[name])) & 1n) === 1n;
}

/** The first capability that a daemon with this configuration cannot do without, and that is not there. */
export function missingCapability({ resolver }: Pick<Config, 'resolver'>, status?: string): Capability | undefined {
  if (!hasCapability('CAP_NET_ADMIN', status)) return 'CAP_NET_ADMIN';
  const isLow = resolver.mode === 'listen' && resolver.listen.some(({ port }) => port < FIRST_FREE_PORT);
  return isLow && !hasCapability('CAP_NET_BIND_SERVICE', status) ? 'CAP_NET_BIND_SERVICE' : undefined;
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
