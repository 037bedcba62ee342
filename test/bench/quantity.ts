/** What is measured of every way, in the order of the report. */

interface QuantitySpec {
  readonly title: string;
  readonly unit: string;
  /** One unit, in what the figures are kept in: bits, packets or connections a second, or seconds. */
  readonly scale: number;
  readonly digits: number;
  /** Whether more of it is better. */
  readonly isMoreBetter: boolean;
}

const rate = (title: string): QuantitySpec => ({
  title,
  unit: 'Gbit/s',
  scale: 1e9,
  digits: 2,
  isMoreBetter: true,
});
const packets = (title: string): QuantitySpec => ({
  title,
  unit: 'thousand/s',
  scale: 1e3,
  digits: 1,
  isMoreBetter: true,
});
const connections = (title: string): QuantitySpec => ({
  title,
  unit: 'thousand/s',
  scale: 1e3,
  digits: 2,
  isMoreBetter: true,
});
const delay = (title: string): QuantitySpec => ({
  title,
  unit: 'µs',
  scale: 1e-6,
  digits: 0,
  isMoreBetter: false,
});
const processor = (title: string): QuantitySpec => ({
  title,
  unit: 's/GB',
  scale: 1e-9,
  digits: 3,
  isMoreBetter: false,
});

export const quantities = {
  tcpUp: rate('TCP up'),
  tcpDown: rate('TCP down'),
  tcpUp8: rate('TCP up, 8 flows'),
  tcpDown8: rate('TCP down, 8 flows'),
  udp64: packets('UDP 64 B delivered'),
  udp1400: packets('UDP 1400 B delivered'),
  echoHalf: delay('echo round trip p50'),
  echoMost: delay('echo round trip p99'),
  udpHalf: delay('UDP round trip p50'),
  udpMost: delay('UDP round trip p99'),
  tcpHalf: delay('TCP round trip p50'),
  tcpMost: delay('TCP round trip p99'),
  connections: connections('HTTP connections'),
  connections8: connections('HTTP connections, 8 at once'),
  newName: delay('new name to connection p50'),
  newNameMost: delay('new name to connection p99'),
  cpuDaemon: processor('CPU of the translating process'),
  cpuClient: processor('CPU of the sender'),
  cpuServer: processor('CPU of the receiver'),
} as const satisfies Record<string, QuantitySpec>;

export type Quantity = keyof typeof quantities;

/** What one measurement gave; a way that cannot do something has no figure for it. */
export type Figures = Readonly<Partial<Record<Quantity, number>>>;

/** One round: what was measured of each way. */
export type Round<Way extends string> = Readonly<Partial<Record<Way, Figures>>>;
