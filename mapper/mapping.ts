/** A pair of the address mapper and what is known of it, as the parts of this folder tell each other. */
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address, Ipv6Words } from './address/ipv6.ts';
import type { MappingTimes } from './mapping-times.ts';

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

/** A mapping with what packets tell of it. */
export interface ListedMapping extends Mapping {
  /** Whether packets hold it, or the kernel knows a connection to it. */
  readonly isLive: boolean;
  /** Seconds since 1970, 0 for never. */
  readonly lastPacket: number;
  /** Translated packets and their octets, both ways. */
  readonly packets: number;
  readonly octets: number;
}

/**
 * Why a mapping ended: its address was needed, somebody asked for it, an explicit mapping took its place, or the range of
 * its address is not ours any more.
 */
export type EndReason = 'recycled' | 'flushed' | 'replaced' | 'range';

/** Takes pairs as they are made and ended: the shared table is one, the file that keeps them another. */
export interface MappingSink {
  /** `ipv6` now stands at `position`, where nobody was. */
  publish(position: number, ipv6: Ipv6Address): void;
  /** Nobody is at `position` any more. */
  withdraw(position: number): void;
  /** The mapping at `position` is about to be answered: new, or promised for longer. Its answer leaves afterwards. */
  promised?(position: number, mapping: Mapping): void;
  /** A mapping has ended, after it was withdrawn. */
  ended?(mapping: Mapping, reason: EndReason): void;
}

/** What a data plane knows of a row; there may be several data planes. Seconds since 1970, 0 for never. */
export interface MappingStamps {
  /** Until when packets hold it, TCP's apart: a TCP packet holds until `connectedUntil` unless the kernel knows better. */
  heldUntil(position: number): number;
  connectedUntil(position: number): number;
  lastPacket(position: number): number;
  packets(position: number): number;
  octets(position: number): number;
  /** Takes over what an earlier run knew, before there are packets. */
  hold(position: number, heldUntil: number, connectedUntil: number): void;
}

/** Finds the position of an address that is mapped, or -1; and the address at a position, and its times. */
export interface MappingIndex {
  readonly times: MappingTimes;
  position(ipv6: Ipv6Address): number;
  /** Returns whether there is one. */
  read(position: number, out: Ipv6Words): boolean;
}

/** The kernel's TCP sockets (M11). */
export interface Connections {
  /** When they were looked at last, in seconds since 1970; 0 for never: then packets alone decide. */
  readonly askedAt: number;
  /** Whether there was a connection to the address at a position, and not in TIME-WAIT. */
  has(position: number): boolean;
  /** Looks again, unless that was done within the last second; resolves when it is done. Never rejects. */
  ask(): Promise<void>;
}
