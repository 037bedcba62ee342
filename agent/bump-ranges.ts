/** The ranges of a bump and the address of its device, which both give way to the networks of the host (M3). */
import type { Host } from '../install/host.ts';
import type { BumpMappings } from './bump-mappings.ts';
import type { Config } from './config/config.ts';
import type { ExplicitMappings } from './explicit/explicit-mappings.ts';
import type { Instance } from './instance.ts';
import { keepRangesOrSay } from './kept-range.ts';
import type { Log } from './log.ts';
import type { Surroundings } from './network/surroundings.ts';
import { SelfAddress } from './self-address.ts';
import { SpoolRanges } from './spool-ranges.ts';

export interface BumpRangesParts {
  readonly config: Config;
  readonly instance: Instance;
  readonly stateDirectory: string;
  readonly mappings: Pick<BumpMappings, 'spool' | 'mapper' | 'connections'>;
  readonly explicit: ExplicitMappings;
  readonly surroundings: Surroundings;
  /** Whether peers are let in by the address that the device had at first. */
  readonly isExposed: () => boolean;
  readonly host: Host;
  readonly log: Log;
}

/** Which ranges the spool has is kept from now on, so that a restart finds the mappings of all of them. */
export function bumpRanges(parts: BumpRangesParts): { ranges: SpoolRanges; self: SelfAddress } {
  const { config, instance, stateDirectory, mappings, explicit, surroundings, isExposed, host, log } = parts;
  const { spool } = mappings;
  const { spool: configured, self: configuredSelf } = config.mapper;
  const taken = surroundings.takenIpv4;
  const keep = (): void => keepRangesOrSay(stateDirectory, configured, spool.ranges, log);
  keep();
  const self = new SelfAddress({
    host,
    configured: configuredSelf,
    range: instance.self,
    reserved: () => [...spool.ranges, ...explicit.prefixes],
    isFirstNeeded: isExposed,
    taken,
    log,
  });
  const ranges = new SpoolRanges({
    ...mappings,
    configured,
    self,
    reserved: () => explicit.prefixes,
    explicit: () => explicit.pairs.map(({ ipv4 }) => ipv4),
    taken,
    changed: keep,
    log,
  });
  return { ranges, self };
}
