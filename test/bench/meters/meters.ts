/** All meters, in the order they take their turns in a round. */
import { connections } from './connections.ts';
import { datagrams } from './datagrams.ts';
import type { Meter } from './meter.ts';
import { newNames } from './new-names.ts';
import { roundTrips } from './round-trips.ts';
import { tcp } from './tcp.ts';

export const meters: readonly Meter[] = [roundTrips, connections, newNames, datagrams, tcp];
