/** A pair of the address mapper and what is known of it, as the parts of this folder tell each other. */
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address } from './address/ipv6.ts';

/** What an answer promises: that the address stands for the peer for so long. `name` is for people and PTR answers. */
export interface Promised {
  readonly name: string;
  readonly ttlSeconds: number;
}

/** One pair of the table. Times are seconds since 1970. */
export interface Mapping {
  readonly ipv4: Ipv4Address;
  readonly ipv6: Ipv6Address;
  /** Names it was handed out for, the newest last. */
  readonly names: readonly string[];
  readonly createdAt: number;
  readonly promisedUntil: number;
  /** Made by a packet from the peer (M7), and in no answer so far: recycled first. */
  readonly isStranger: boolean;
}

/** What the data plane knows of a row; there may be several data planes. Seconds since 1970, 0 for never. */
export interface MappingStamps {
  heldUntil(position: number): number;
  lastPacket(position: number): number;
}

/** Finds the position of an address that is mapped, or -1. */
export interface MappingIndex {
  position(ipv6: Ipv6Address): number;
}

/** A mapping as the mapper itself keeps it. */
export type Row = { -readonly [Key in keyof Mapping]: Mapping[Key] } & {
  /** Until when it counts as live because an earlier run made it; 0 if this one did. */
  restoredUntil: number;
};
