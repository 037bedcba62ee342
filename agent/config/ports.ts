/** Which ports peers may reach: `tcp/8080`, `udp/5000-5010`, and sums and differences of them. */
import type { ExposedPorts, PortRange } from '../../install/table-recipient.ts';

/** Some ports of one protocol; ports are 1 to 65535. */
export interface Ports extends PortRange {
  readonly protocol: 'tcp' | 'udp';
}

const LAST_PORT = 65_535;

export const NOTHING: ExposedPorts = { tcp: [], udp: [] };

const all: readonly PortRange[] = [{ first: 1, last: LAST_PORT }];
export const EVERYTHING: ExposedPorts = { tcp: all, udp: all };

/** Reads `tcp/8080` or `udp/5000-5010`; `undefined` for anything else. */
export function parsePorts(text: string): Ports | undefined {
  const [, protocol, from, to] = /^(tcp|udp)\/([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text) ?? [];
  const first = Number(from);
  const last = Number(to ?? from);
  if ((protocol !== 'tcp' && protocol !== 'udp') || first > last || last > LAST_PORT) return undefined;
  return { protocol, first, last };
}

/** As texts that `parsePorts` reads, in order; a protocol of which everything is exposed is one range. */
export function formatPorts(exposed: ExposedPorts): string[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) =>
    exposed[protocol].map(({ first, last }) => `${protocol}/${first}${first === last ? '' : `-${last}`}`),
  );
}

export function isNothing({ tcp, udp }: ExposedPorts): boolean {
  return tcp.length === 0 && udp.length === 0;
}

/** What is exposed with these ports as well. */
export function withPorts(exposed: ExposedPorts, { protocol, first, last }: Ports): ExposedPorts {
  const merged: PortRange[] = [];
  for (const range of [...exposed[protocol], { first, last }].toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before !== undefined && range.first <= before.last + 1) {
      merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
    } else merged.push(range);
  }
  return { ...exposed, [protocol]: merged };
}

/** What is exposed in the one case and not in the other. */
export function withoutAll(exposed: ExposedPorts, { tcp, udp }: ExposedPorts): ExposedPorts {
  const ports = [
    ...tcp.map((range): Ports => ({ protocol: 'tcp', ...range })),
    ...udp.map((range): Ports => ({ protocol: 'udp', ...range })),
  ];
  return ports.reduce(withoutPorts, exposed);
}

/** What is exposed without these ports. */
export function withoutPorts(exposed: ExposedPorts, { protocol, first, last }: Ports): ExposedPorts {
  const left = exposed[protocol].flatMap((range) =>
    [
      { first: range.first, last: Math.min(range.last, first - 1) },
      { first: Math.max(range.first, last + 1), last: range.last },
    ].filter((part) => part.first <= part.last),
  );
  return { ...exposed, [protocol]: left };
}
