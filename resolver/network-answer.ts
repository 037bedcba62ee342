/** What an upstream's answer means for the answer table: reads A and AAAA answers along the aliases (D3, D4, E6–E9). */
import { ipv4 } from '../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6FromOctets } from '../mapper/address/ipv6.ts';
import type { AaaaOutcome, AOutcome } from './answer-table.ts';
import { areUsableA, isBlocked, isLocalhost, isUsableAaaa } from './exclusions.ts';
import type { HostView, Mappings } from './mappings.ts';
import { type AliasChain, followAliases } from './message/alias-chain.ts';
import { CLASS, RCODE, TYPE } from './message/constants.ts';
import { flag, hasFlag, uint32 } from './message/header.ts';
import { rcodeOf, readMessage } from './message/message.ts';
import { keysUpward, type Name } from './message/name.ts';

export interface AReading {
  readonly outcome: AOutcome;
  /** As it came from the upstream; `undefined` for silence. */
  readonly octets?: Uint8Array;
  /** TTL of the SOA of a negative answer, seconds: how long it would have been kept (RFC 2308 §5). */
  readonly soaTtlSeconds?: number;
  readonly isTruncated?: boolean;
  /** Came over TCP for an asker over UDP, and may be too long for it. */
  readonly isFetchedWhole?: boolean;
}

export interface AaaaReading {
  readonly outcome: AaaaOutcome;
  /** The aliases to `owner`, and the usable addresses found there. */
  readonly chain?: AliasChain;
  readonly addresses: readonly Ipv6Address[];
  /** Least TTL of the addresses, seconds. */
  readonly ttlSeconds: number;
}

export const SILENT_A: AReading = { outcome: 'silence' };

/** Reads the answer to an A question. `preferAaaa`: only a blocker's answer is good enough (E20, E21). */
export function readA(
  octets: Uint8Array | undefined,
  name: Name,
  mappings: Pick<Mappings, 'isSpool'>,
  preferAaaa: boolean,
): AReading {
  const message = octets && readMessage(octets);
  if (octets === undefined || message === undefined) return SILENT_A;
  const rcode = rcodeOf(message);
  const soaTtlSeconds = message.authorities.find(
    (record) => record.type === TYPE.SOA && record.class === CLASS.IN,
  )?.ttlSeconds;
  const rest = { octets, isTruncated: hasFlag(octets, flag.TC), ...(soaTtlSeconds !== undefined && { soaTtlSeconds }) };
  if (rcode === RCODE.NXDomain) return { outcome: 'nxdomain', ...rest };
  if (rcode !== RCODE.NoError) return { outcome: 'error', ...rest };

  const chain = followAliases(message, TYPE.A);
  if (chain === undefined) return SILENT_A;
  const addresses = chain.records.map((record) => ipv4(uint32(octets, record.data)));
  if (addresses.length === 0) return { outcome: 'nodata', ...rest };
  const isUsable = preferAaaa ? isBlocked(addresses) : areUsableA(addresses, mappings, isLocalhost(keysUpward(name)));
  return { outcome: isUsable ? 'usable' : 'excluded', ...rest };
}

/** Reads the answer to an AAAA question. */
export function readAaaa(octets: Uint8Array | undefined, host: Pick<HostView, 'pref64' | 'isOwn'>): AaaaReading {
  const nothing = { addresses: [], ttlSeconds: 0 };
  const message = octets && readMessage(octets);
  if (octets === undefined || message === undefined) return { outcome: 'silence', ...nothing };
  const rcode = rcodeOf(message);
  if (rcode === RCODE.NXDomain) return { outcome: 'empty', ...nothing };
  if (rcode !== RCODE.NoError) return { outcome: 'error', ...nothing };

  const chain = followAliases(message, TYPE.AAAA);
  if (chain === undefined) return { outcome: 'silence', ...nothing };
  const addresses = chain.records
    .map((record) => ipv6FromOctets(octets, record.data))
    .filter((address) => isUsableAaaa(address, host));
  const ttlSeconds = Math.min(...chain.records.map((record) => record.ttlSeconds));
  return addresses.length > 0 ? { outcome: 'usable', chain, addresses, ttlSeconds } : { outcome: 'empty', ...nothing };
}
