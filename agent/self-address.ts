/**
 * The address of the device over the life of a bump (M3): when a network of the host appears that has it, programs get
 * another one to send from, and the old one stays for as long as sockets have it.
 */
import type { Host } from '../install/host.ts';
import { formatIpv4, ipv4 } from '../mapper/address/ipv4.ts';
import { formatIpv4Prefix, type Ipv4Prefix } from '../mapper/address/prefix.ts';
import { chooseRange, DEFAULT_SELVES, isFree, rangesInOrder } from '../mapper/range.ts';
import type { Reason } from './control/agent.ts';
import type { Log } from './log.ts';

/** Addresses that programs have left are looked for with every so many looks of the watch: every 5 s. */
const LOOKS_PER_QUESTION = 10;

export interface SelfAddressParts {
  readonly host: Pick<Host, 'run'>;
  /** The range that was asked for, and the one that the address is the first of. */
  readonly configured: Ipv4Prefix;
  readonly range: Ipv4Prefix;
  /** Prefixes that are ours for something else. */
  readonly reserved: () => readonly Ipv4Prefix[];
  /** Whether the first address is needed although no socket has it: peers are let in by it. */
  readonly isFirstNeeded: () => boolean;
  /** Prefixes that are in use on the host, at first. */
  readonly taken: readonly Ipv4Prefix[];
  readonly log: Log;
}

export class SelfAddress {
  readonly #parts: SelfAddressParts;
  /** The range in use, and those before it whose address is still there; the newest first. */
  #ranges: readonly Ipv4Prefix[];
  #taken: readonly Ipv4Prefix[];
  #looks = 0;
  #isAsking = false;

  constructor(parts: SelfAddressParts) {
    this.#parts = parts;
    this.#ranges = [parts.range];
    this.#taken = parts.taken;
  }

  /** The addresses of the device as text; programs send from the first. */
  get addresses(): readonly string[] {
    return this.#ranges.map(addressOf).map(({ address }) => formatIpv4(address));
  }

  get ranges(): readonly Ipv4Prefix[] {
    return this.#ranges;
  }

  /** Moves the address when one of these prefixes, which are in use, has it; where it cannot, that is a reason. */
  follow(taken: readonly Ipv4Prefix[]): void {
    const { configured, reserved, log } = this.#parts;
    this.#taken = taken;
    const [current] = this.#ranges;
    if (current === undefined || isFree(addressOf(current), taken)) return;
    const others = [...taken, ...this.#ranges, ...reserved()];
    const next = chooseRange(rangesInOrder(configured, DEFAULT_SELVES), others);
    if (next === undefined) return;
    this.#ranges = [next, ...this.#ranges];
    const [to, from] = this.addresses;
    log.warn({ from, to }, 'The address of the device moves: a network of this host has it');
  }

  /** Looks now and then which of the earlier addresses nobody has any more. */
  tend(): void {
    if (this.#ranges.length < 2 || this.#isAsking || this.#looks++ % LOOKS_PER_QUESTION !== 0) return;
    this.#isAsking = true;
    void this.#leave().finally(() => {
      this.#isAsking = false;
    });
  }

  get reasons(): readonly Reason[] {
    const { configured } = this.#parts;
    const [current] = this.#ranges;
    const reasons = this.#ranges
      .filter((range) => !isFree(addressOf(range), this.#taken))
      .map((range): Reason => {
        const why = range === current ? 'no private range of its length is free' : 'it is still in use';
        const text = `A network of this host has ${formatIpv4Prefix(addressOf(range))}, the address of the device: whoever has it there cannot be reached as long as ${why}.`;
        return { code: 'self-collision', text };
      });
    return current === undefined ? reasons : [...elsewhere('self', configured, [current], DEFAULT_SELVES), ...reasons];
  }

  /** Gives up the earlier addresses that no socket has. Those stay of which that is not known. */
  async #leave(): Promise<void> {
    const { host, isFirstNeeded, log, range: first } = this.#parts;
    for (const range of this.#ranges.slice(1)) {
      if (range === first && isFirstNeeded()) continue;
      const address = formatIpv4(addressOf(range).address);
      const sockets = await host.run(['ss', '-Hatun', 'src', address]).catch((error: unknown) => String(error));
      if (sockets.trim() !== '') continue;
      this.#ranges = this.#ranges.filter((each) => each !== range);
      log.info({ address }, 'An earlier address of the device is in use no more');
    }
  }
}

/** The one address of a range that is in use. */
function addressOf(range: Ipv4Prefix): Ipv4Prefix {
  return { address: ipv4(range.address + 1), length: 32 };
}

/** That a range which somebody chose is another now; a default may be either of two, and nobody asked for it. */
export function elsewhere(
  name: 'spool' | 'self',
  configured: Ipv4Prefix,
  used: readonly Ipv4Prefix[],
  defaults: readonly string[],
): Reason[] {
  const asked = formatIpv4Prefix(configured);
  const texts = used.map(formatIpv4Prefix);
  if (texts.includes(asked) || defaults.includes(asked)) return [];
  const text = `The configured ${name} range ${asked} is in use by a network of this host: ${texts.join(' ')} is used instead.`;
  return [{ code: `${name}-elsewhere`, text }];
}
