/**
 * The bump: everything that exists while the agent is up, made in the order of the list below and undone in reverse.
 *
 *     network observed → tables → device, routes → forwarding → packet workers → resolver → questions
 *
 * Questions come last and go first, so that no name is synthesized that could not be reached.
 */
import { randomInt } from 'node:crypto';
import { findBlockingChains } from '../install/firewall.ts';
import type { Host } from '../install/host.ts';
import { ipv4, parseIpv4 } from '../mapper/address/ipv4.ts';
import { formatIpv6, type Ipv6Address, ipv6 } from '../mapper/address/ipv6.ts';
import { type Ipv6Prefix, ipv6PrefixContains } from '../mapper/address/prefix.ts';
import { AddressMapper } from '../mapper/address-mapper.ts';
import { SharedTable } from '../mapper/shared-table.ts';
import { Spool } from '../mapper/spool.ts';
import { createResolver, type Resolver } from '../resolver/resolver.ts';
import { PathMtu } from '../translator/path-mtu.ts';
import type { Config } from './config/config.ts';
import type { Reason } from './control/agent.ts';
import { DataPlane } from './data-plane/data-plane.ts';
import { createInstance, errorSource4, type Instance, selfAddress } from './instance.ts';
import { Ipv6Leg } from './ipv6-leg.ts';
import type { Log } from './log.ts';
import { NetworkChanges } from './network/changes.ts';
import { markedSockets } from './network/marked-sockets.ts';
import {
  hasIpv4Route,
  type Network,
  observeNetwork,
  ownIpv6,
  smallestMtu,
  takenIpv4,
  uplinks,
} from './network/observe.ts';
import { ListenOnly } from './questions/listen-only.ts';
import type { Questions } from './questions/questions.ts';
import { Snoop } from './questions/snoop.ts';
import { degradedReasons } from './reasons.ts';
import { UndoList } from './undo-list.ts';

/** How often caught questions are renewed, and how often changes of the network are looked for. */
const RENEW_MILLISECONDS = 2000;
const LOOK_MILLISECONDS = 500;

const RESOLV_CONF = '/etc/resolv.conf';

export interface BumpParts {
  readonly config: Config;
  readonly ula: Ipv6Prefix;
  readonly host: Host;
  readonly log: Log;
  /** Called once when the data path ends by itself. */
  readonly onLost: (reason: Error) => void;
}

export class Bump {
  readonly instance: Instance;
  readonly spool: Spool;
  readonly table: SharedTable;
  readonly mapper: AddressMapper;
  leg!: Ipv6Leg;
  dataPlane!: DataPlane;
  resolver!: Resolver;
  questions!: Questions;
  /** What keeps it from being wholly up; renewed with the network. */
  reasons: readonly Reason[] = [];
  readonly #parts: BumpParts;
  readonly #undoing = new UndoList();
  #network: Network;
  #own: ReadonlySet<string>;
  #refreshing: Promise<void> = Promise.resolve();

  private constructor(parts: BumpParts, network: Network) {
    this.#parts = parts;
    this.#network = network;
    this.#own = ownIpv6(network);
    this.instance = createInstance(parts.config, parts.ula, takenIpv4(network, parts.config.device.name));
    this.spool = new Spool([this.instance.spool]);
    this.table = SharedTable.create(this.spool, randomInt(2 ** 31));
    this.mapper = new AddressMapper({
      spool: this.spool,
      index: this.table.reader,
      sinks: [this.table.writer()],
      stamps: [this.table],
      now: () => Math.floor(Date.now() / 1000),
    });
  }

  /** Starts everything. Rejects when something could not be done; then all of it is undone. */
  static async start(parts: BumpParts): Promise<Bump> {
    const bump = new Bump(parts, await observeNetwork(parts.host));
    try {
      await bump.#start();
      return bump;
    } catch (error) {
      for (const failure of await bump.stop()) parts.log.error({ err: failure }, failure.message);
      throw error;
    }
  }

  /** Undoes everything, in reverse. Returns what could not be undone. */
  async stop(): Promise<Error[]> {
    return this.#undoing.undoAll();
  }

  get mode(): 'snoop' | 'listen' {
    return this.#parts.config.resolver.mode;
  }

  async #start(): Promise<void> {
    const { host, log } = this.#parts;
    const names = uplinks(this.#network, this.instance.device);
    const mtu = smallestMtu(this.#network, names);
    const leg = { instance: this.instance, host, log, uplinks: names, mtu };
    this.leg = await Ipv6Leg.create(leg, this.#undoing);
    this.dataPlane = this.#startDataPlane(mtu);
    this.#undoing.add('stop the packet workers', () => this.dataPlane.stop());
    await this.dataPlane.ready;
    this.resolver = this.#createResolver();
    this.questions = this.#createQuestions();
    this.#undoing.add('close the listeners', () => this.questions.close());
    this.#undoing.add('let questions go their native way', () => this.questions.withdraw());
    await this.questions.refresh();
    await this.#findReasons();
    this.#watch();
  }

  #startDataPlane(mtu: number): DataPlane {
    const { config, onLost } = this.#parts;
    const { lowestIpv6Mtu, hideHop, icmpErrors, zeroUdpChecksum } = config.translator;
    const path = new PathMtu();
    Object.assign(path, { mtu6: mtu, mtu4: mtu, lowestIpv6Mtu, hideHop, icmpErrors, zeroUdpChecksum });
    path.errorSource4 = errorSource4(this.instance);
    const own4 = parseIpv4(selfAddress(this.instance)) ?? ipv4(0);
    const { w0, w1, w2 } = this.instance.ula.address;
    return new DataPlane(
      this.leg.tun,
      {
        table: this.table.memory,
        spool: this.spool.ranges,
        self: this.instance.ula,
        path,
        own: { ipv4: errorSource4(this.instance), ipv6: ipv6(w0, w1, w2, own4) },
      },
      onLost,
    );
  }

  #createResolver(): Resolver {
    const { config, log } = this.#parts;
    const { waitForAMs, ttlCeilingSeconds, whenNoIpv4, never, always } = config.resolver;
    return createResolver({
      mappings: this.mapper,
      host: {
        isOwn: (address: Ipv6Address) =>
          ipv6PrefixContains(this.instance.ula, address) || this.#own.has(formatIpv6(address)),
        pref64: () => [],
        hasIpv4Route: () => hasIpv4Route(this.#network, this.instance.device),
      },
      settings: { waitForAMs, ttlCeilingSeconds, whenNoIpv4, never, always },
      sockets: markedSockets(this.instance.mark),
      report: (line) => log.warn(line),
    });
  }

  #createQuestions(): Questions {
    const { config, host, log } = this.#parts;
    if (config.resolver.mode === 'listen') return new ListenOnly(config.resolver, host, this.resolver);
    return new Snoop({ table: this.instance.table, host, nft: this.leg.nft, resolver: this.resolver, log });
  }

  /** Renews while all is well, and follows the network. */
  #watch(): void {
    const { log } = this.#parts;
    const changes = new NetworkChanges(RESOLV_CONF);
    const renewing = setInterval(() => {
      if (this.dataPlane.isAlive()) this.#carefully(() => this.questions.renew());
      else log.warn('A packet worker does not answer: questions go their native way until it does');
    }, RENEW_MILLISECONDS);
    const looking = setInterval(() => {
      if (changes.look()) this.#refreshing = this.#refreshing.then(() => this.#refresh());
    }, LOOK_MILLISECONDS);
    this.#undoing.add('stop watching the network', async () => {
      clearInterval(renewing);
      clearInterval(looking);
      changes.close();
      await this.#refreshing;
    });
  }

  #carefully(renew: () => void): void {
    try {
      renew();
    } catch (error) {
      this.#parts.log.error({ err: error }, 'Cannot renew the caught questions');
    }
  }

  /** Looks at the network again and follows it; a failure is reported and the next change tries again. */
  async #refresh(): Promise<void> {
    try {
      this.#network = await observeNetwork(this.#parts.host);
      this.#own = ownIpv6(this.#network);
      await this.leg.setUplinks(uplinks(this.#network, this.instance.device));
      await this.questions.refresh();
      await this.#findReasons();
    } catch (error) {
      this.#parts.log.error({ err: error }, 'Cannot follow a change of the network');
    }
  }

  async #findReasons(): Promise<void> {
    const { config, host } = this.#parts;
    this.reasons = degradedReasons({
      uplinks: this.leg.uplinks,
      servers: this.questions.servers(),
      mode: config.resolver.mode,
      isLoopbackUp: this.#network.interfaces.some(({ name, isUp }) => name === 'lo' && isUp),
      blocking: await findBlockingChains(host, {
        table: this.instance.table,
        device: this.instance.device,
        uplinks: this.leg.uplinks,
      }),
    });
  }
}
