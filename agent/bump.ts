/**
 * The bump: everything that exists while the agent is up, made in the order of the list below and undone in reverse.
 *
 *     network observed → janitor, journal → tables → device, routes → forwarding → packet workers → exposed ports →
 *     resolver → questions → watch
 *
 * Questions come last and go first, so that no name is synthesized that could not be reached.
 */
import { forgetFlows } from '../install/conntrack.ts';
import type { Host } from '../install/host.ts';
import { whyNotCatch } from '../install/table.ts';
import type { Ipv6Address } from '../mapper/address/ipv6.ts';
import { type Ipv4Prefix, type Ipv6Prefix, ipv4Prefix, ipv6PrefixContains } from '../mapper/address/prefix.ts';
import { MappingsWithExplicit } from '../mapper/mappings-with-explicit.ts';
import type { SharedTable } from '../mapper/shared-table.ts';
import type { Spool } from '../mapper/spool.ts';
import type { HostView } from '../resolver/mappings.ts';
import { createResolver, type Resolver } from '../resolver/resolver.ts';
import { PathMtu } from '../translator/path-mtu.ts';
import { beginMappings, flushBump, nowSeconds } from './bump-mappings.ts';
import { bumpRanges } from './bump-ranges.ts';
import { missingCapability } from './capabilities.ts';
import type { Config } from './config/config.ts';
import type { FlushResult, MappingRow, Reason, TraceEvent } from './control/agent.ts';
import { DataPlane, type DataPlaneSettings } from './data-plane/data-plane.ts';
import { DEVICE_MTU } from './device-steps.ts';
import type { ExplicitMappings } from './explicit/explicit-mappings.ts';
import { nameResolver } from './explicit/resolve-name.ts';
import { ForeignFirewalls } from './foreign-firewalls.ts';
import type { InquiryParts } from './inquiry.ts';
import { createInstance, errorSource4, type Instance, selfAddress6 } from './instance.ts';
import { Ipv6Leg } from './ipv6-leg.ts';
import { beginJournal, type JournalPlace } from './kept-journal.ts';
import { earlierRanges, keptRange } from './kept-range.ts';
import type { Log } from './log.ts';
import { NetworkChanges } from './network/changes.ts';
import { HOSTS, hostsText } from './network/hosts-text.ts';
import { markedSockets } from './network/marked-sockets.ts';
import { observeResolution, RESOLUTION_FILES } from './network/resolution.ts';
import { StubCaches } from './network/stub-caches.ts';
import { Surroundings } from './network/surroundings.ts';
import { PacketWatch } from './packet-watch.ts';
import { type Decision, decide } from './questions/decide.ts';
import { putBackLeftFile } from './questions/replaced-file.ts';
import { takeQuestions } from './questions/take-questions.ts';
import { admission } from './recipient/admission.ts';
import type { Exposed } from './recipient/exposed.ts';
import { Recipient } from './recipient/recipient.ts';
import { Repairs } from './repairs.ts';
import { mappingPages, type UpStatus, upStatus } from './status.ts';
import { tableSettings } from './table-settings.ts';
import { UndoList } from './undo-list.ts';
import { Watch } from './watch.ts';

/** A bump that is up, as the state machine sees it. */
export interface Bump {
  /** What keeps it from being wholly up, as of now. */
  readonly reasons: readonly Reason[];
  status(): UpStatus;
  mappings(): Iterable<readonly MappingRow[]>;
  /** Ends mappings, and forgets answers; see `Agent.flush`. */
  flush(address: string | undefined, isForced: boolean): Promise<FlushResult>;
  /** What questions about names and addresses are asked of. */
  readonly inquiry: InquiryParts;
  trace(signal: AbortSignal): AsyncIterable<readonly TraceEvent[]>;
  /** Undoes everything, in reverse. Returns what could not be undone; never rejects. */
  stop(): Promise<Error[]>;
}

/** One run of the bump, from its start on. */
export interface BumpRun {
  /** When it is aborted, starting is given up at the next opportunity, and `startBump` rejects. */
  readonly signal: AbortSignal;
  /** Called when the data path has ended by itself, or does not answer any more; maybe more than once. */
  readonly onLost: (reason: Error) => void;
}

export interface BumpParts {
  readonly config: Config;
  readonly ula: Ipv6Prefix;
  readonly exposed: Exposed;
  readonly explicit: ExplicitMappings;
  /** Where the mappings are kept; an absolute path. */
  readonly stateDirectory: string;
  readonly journal: JournalPlace;
  readonly host: Host;
  readonly log: Log;
}

/** Starts everything. Rejects when something could not be done, or was given up; then all of it is undone. */
export async function startBump(parts: BumpParts, run: BumpRun): Promise<Bump> {
  const undoing = new UndoList();
  try {
    return await start(parts, run, undoing);
  } catch (error) {
    for (const failure of await undoing.undoAll()) parts.log.error({ err: failure }, failure.message);
    throw error;
  }
}

async function start(parts: BumpParts, { signal, onLost }: BumpRun, undoing: UndoList): Promise<Bump> {
  const { config, host, log, ula } = parts;
  const missing = missingCapability(config);
  if (missing !== undefined)
    throw new Error(`Cannot start without ${missing}: run it as root, or with that capability`);
  // Heard from before the first observation on, so that no change falls between it and the watch.
  const changes = new NetworkChanges(RESOLUTION_FILES);
  undoing.add('stop listening to the kernel', () => changes.close());
  const journal = await beginJournal(parts.journal, host, log, undoing);
  const surroundings = await Surroundings.of(host, config.device.name, changes.routers);
  const { explicit, stateDirectory } = parts;
  const asked = config.mapper.spool;
  const taken = [...surroundings.takenIpv4, ...explicit.prefixes];
  const instance = createInstance(config, ula, taken, keptRange(stateDirectory, asked));
  const isOwn = (address: Ipv6Address): boolean =>
    ipv6PrefixContains(instance.ula, address) || surroundings.isOwn(address);
  const earlier = earlierRanges(stateDirectory, [instance.spool, instance.self, ...explicit.prefixes]);
  const kept = { range: instance.spool, earlier, stateDirectory, host, log };
  const mappings = await beginMappings(kept, undoing);
  const { spool, table, mapper, newcomers } = mappings;
  signal.throwIfAborted();
  await putBackLeftFile(host);
  const cannotCatch = await whyNotCatch(host, tableSettings(instance));
  const observed = async (): Promise<Decision> =>
    decide({ configured: config.resolver.mode, cannotCatch, ...(await observeResolution(host)) });
  const first = await observed();
  log.info({ mode: first.mode, reasons: first.reasons }, 'How questions are taken');
  const isExposed = (): boolean => leg.isExposed;
  const { ranges, self } = bumpRanges({ ...parts, instance, mappings, surroundings, isExposed });
  const prefixes = (): readonly string[] => ranges.prefixes();
  const selves = (): readonly string[] => self.addresses;
  const repairs = new Repairs();
  const { uplink } = config;
  const legParts = {
    instance,
    host,
    log,
    journal,
    repairs,
    uplink,
    catches: first.mode === 'snoop',
    prefixes,
    selves,
  };
  const leg = await Ipv6Leg.create(legParts, surroundings, undoing);
  signal.throwIfAborted();
  const dataPlane = new DataPlane(leg.tun, dataPlaneSettings(config, instance, table, spool), {
    onLost,
    onStranger: admission({ mapper, isOwn, log }),
  });
  undoing.add('stop the packet workers', () => dataPlane.stop());
  await dataPlane.ready;
  const packetWatch = new PacketWatch(() => dataPlane.traces);
  undoing.add('end watching packets', () => packetWatch.end());
  signal.throwIfAborted();
  const recipient = new Recipient({ leg, dataPlane, self6: selfAddress6(instance), isOwn, forgetFlows, log });
  undoing.add('close the exposed ports', () => recipient.close());
  undoing.add(
    'follow what is exposed',
    parts.exposed.follow((exposed) => recipient.letIn(exposed)),
  );
  const tellWorkers = (): void =>
    dataPlane.tell({ errorSource4: spool.open[0]?.address ?? errorSource4(instance), explicit: explicit.pairs });
  const view = { isOwn, pref64: () => changes.routers.pref64, hasIpv4Route: () => surroundings.hasIpv4Route };
  const resolver = resolverOf(parts, instance, new MappingsWithExplicit(mapper, explicit.map), view);
  const caches = new StubCaches({ host, log });
  const ways = { config: config.resolver, instance, host, nft: leg.nft, journal, resolver, surroundings, log };
  const questions = takeQuestions(first, { ...ways, decide: observed, changed: () => caches.flush() });
  undoing.add('flush the caches of this host', async () => void (await caches.flush()));
  undoing.add('close the listeners', () => questions.close());
  undoing.add('let questions go their native way', () => questions.withdraw());
  journal.note(caches.steps());
  await questions.refresh();
  await caches.flush();
  const isAlive = (): boolean => dataPlane.isAlive();
  const firewalls = new ForeignFirewalls({
    ...{ instance, log, journal, repairs, opens: config.uplink.firewall === 'open' },
    host: { ...host, nft: (commands) => void leg.nft.run(commands) },
  });
  const parties = { changes, surroundings, ranges, leg, firewalls, repairs, questions, resolver };
  const watch = new Watch({ ...parties, log, isAlive, moved: tellWorkers, onStuck: onLost });
  undoing.add('stop watching the network', () => watch.end());
  await watch.begin();
  const reserved = (): readonly Ipv4Prefix[] => [...spool.ranges, ...self.ranges];
  const followed = { reserved, mapper, newcomers, resolve: nameResolver(resolver), changed: tellWorkers };
  undoing.add('follow explicit mappings', explicit.follow(followed));
  signal.throwIfAborted();
  return {
    get reasons() {
      return watch.reasons;
    },
    status: () => upStatus({ instance, leg, surroundings, spool, mapper, questions, resolver, dataPlane }),
    mappings: () => mappingPages(mapper, spool, nowSeconds),
    flush: (address, isForced) => flushBump({ mapper, resolver, caches }, address, isForced),
    inquiry: { resolver, mapper, explicit: explicit.map, questions, now: nowSeconds },
    trace: (signal) => packetWatch.packets(signal),
    stop: () => undoing.undoAll(),
  };
}

function dataPlaneSettings(
  { translator }: Config,
  instance: Instance,
  table: SharedTable,
  spool: Spool,
): DataPlaneSettings {
  const { lowestIpv6Mtu, hideHop, icmpErrors, zeroUdpChecksum } = translator;
  const path = new PathMtu();
  // What is too big for an uplink the kernel says, which knows the one a packet leaves by; the host itself takes anything.
  path.mtu6 = DEVICE_MTU;
  path.mtu4 = DEVICE_MTU;
  path.lowestIpv6Mtu = lowestIpv6Mtu;
  path.hideHop = hideHop;
  path.icmpErrors = icmpErrors;
  path.zeroUdpChecksum = zeroUdpChecksum;
  path.errorSource4 = [ipv4Prefix(errorSource4(instance), 32)];
  return {
    table: table.memory,
    spool: spool.memory,
    self: instance.ula,
    path,
    own: {
      ipv4: errorSource4(instance),
      ipv6: selfAddress6(instance),
    },
  };
}

function resolverOf(
  { config, log }: BumpParts,
  instance: Instance,
  mappings: MappingsWithExplicit,
  host: HostView,
): Resolver {
  const { waitForAMs, ttlCeilingSeconds, whenNoIpv4, never, always, dohCanary, svcbHints, cacheEntries } =
    config.resolver;
  return createResolver({
    mappings,
    host,
    settings: { waitForAMs, ttlCeilingSeconds, whenNoIpv4, never, always, dohCanary, svcbHints, cacheEntries },
    ...(config.resolver.hosts && { hosts: hostsText(HOSTS) }),
    sockets: markedSockets(instance.mark),
    report: (line) => log.warn(line),
    ...(config.resolver.logQuestions && { logQuestion: (line) => log.info(line, 'Question') }),
  });
}
