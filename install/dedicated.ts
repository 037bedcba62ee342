/**
 * An address of the host's that only translated packets have: chosen as RFC 7217 §5 says, given to an uplink, and taken back.
 * The kernel does all that an address needs (RFC 4862 §5.4, RFC 4861); programs never get it, for it is not preferred.
 */
import { createHash } from 'node:crypto';
import { checkedInterfaceName } from './interface-name.ts';
import { replaceSet } from './nft-set.ts';
import { addressWord, tableIn } from './nft-word.ts';
import { type Step, step } from './step.ts';

/** Interface identifiers shorter than this collide too easily, in bits. */
const SHORTEST_IDENTIFIER = 16;

/**
 * The dedicated address of a prefix: the same whenever it is asked for, and not to be guessed without the secret. `attempt`
 * counts those that others turned out to have. `undefined` when the prefix has no room for one: /112 is the longest.
 */
export function dedicatedAddress(
  prefix: { readonly octets: Uint8Array; readonly length: number },
  device: string,
  attempt: number,
  secret: string,
): Uint8Array | undefined {
  const { octets, length } = prefix;
  if (length > 128 - SHORTEST_IDENTIFIER) return undefined;
  const text = JSON.stringify([secret, Buffer.from(octets).toString('hex'), length, device, attempt]);
  const hash = createHash('sha256').update(text).digest();
  return Uint8Array.from(octets, (octet, at) => {
    const kept = Math.min(Math.max(length - 8 * at, 0), 8);
    const mask = 0xff & (0xff << (8 - kept));
    return (octet & mask) | ((hash[at] ?? 0) & ~mask & 0xff);
  });
}

/** Gives a device the address: only that one, with no route to its prefix, and never chosen for a program. */
export function dedicatedStep(device: string, address: string): Step {
  const place = [`${addressWord(address)}/128`, 'dev', checkedInterfaceName(device)];
  return step(
    `give ${device} the dedicated address ${address}`,
    ['ip', '-6', 'address', 'replace', ...place, 'preferred_lft', '0', 'noprefixroute'],
    ['ip', '-6', 'address', 'del', ...place],
  );
}

/** Whether a command is the undoing of such a step, and nothing else. */
export function isDedicatedUndo(argv: readonly string[]): boolean {
  const [, , , , place = '', , device = ''] = argv;
  const [address = '', length] = place.split('/');
  try {
    const { undo } = dedicatedStep(device, address);
    return length === '128' && JSON.stringify(undo) === JSON.stringify(argv);
  } catch {
    return false;
  }
}

/** The set of these addresses. */
export function dedicatedSet(): string {
  return `  set dedicated {
    type ipv6_addr
  }

`;
}

/** In the input chain: nothing but what is exposed is reached at a dedicated address; replies were NATed before. */
export function dedicatedRefusal(): string {
  return `    ip6 daddr @dedicated ct state new meta l4proto tcp counter reject with tcp reset
    ip6 daddr @dedicated ct state new meta l4proto udp counter reject with icmpv6 type port-unreachable
`;
}

/** The commands after which exactly these are the dedicated addresses. */
export function dedicatedCommands(settings: { readonly table: string }, addresses: readonly string[]): string {
  return replaceSet(`${tableIn('ip6', settings)} dedicated`, addresses.map(addressWord));
}
