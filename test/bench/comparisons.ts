/** Which ways are compared in what, and which of the ratios are judged. */
import type { Way } from './network.ts';
import type { Quantity } from './quantity.ts';

/** A ratio of two ways. Where less is better, so is a smaller ratio. */
export interface Comparison {
  readonly quantity: Quantity;
  readonly of: Way;
  readonly to: Way;
  /** What the ratio is judged by: at least this where more is better, at most this where less is. */
  readonly limit?: number;
  /** What it is meant to be. */
  readonly aim?: number;
}

const toTayga = (quantity: Quantity, limit?: number, aim?: number): Comparison => ({
  quantity,
  of: 'bis',
  to: 'tayga',
  ...(limit === undefined ? {} : { limit }),
  ...(aim === undefined ? {} : { aim }),
});
const toNative = (quantity: Quantity, limit?: number, aim?: number): Comparison => ({
  ...toTayga(quantity, limit, aim),
  to: 'native',
});

export const comparisons: readonly Comparison[] = [
  toTayga('tcpUp', 6),
  toTayga('tcpDown', 6),
  toTayga('tcpUp8'),
  toTayga('tcpDown8'),
  toTayga('udp64', 1, 1.2),
  toTayga('udp1400'),
  toTayga('echoHalf', 1, 0.9),
  toTayga('echoMost', 1),
  toTayga('udpHalf', 1, 0.9),
  toTayga('udpMost', 1),
  toTayga('tcpHalf', 1, 0.9),
  toTayga('tcpMost', 1),
  toTayga('connections'),
  toTayga('connections8'),
  toTayga('cpuDaemon'),
  toNative('tcpUp', 0.45, 0.6),
  toNative('tcpDown', 0.45, 0.6),
  toNative('tcpUp8'),
  toNative('tcpDown8'),
  toNative('udp64'),
  toNative('udp1400'),
  toNative('echoHalf'),
  toNative('udpHalf'),
  toNative('tcpHalf'),
  toNative('connections', 0.6),
  toNative('connections8'),
  toNative('newName'),
];
