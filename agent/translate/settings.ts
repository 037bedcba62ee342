/**
 * What `bis translate` is told: the maps, the path and the choices that RFC 7915 leaves open, as JSON
 * (docs/translate.md). Every key may be left out, or null.
 */
import * as v from 'valibot';
import { type Ipv4Address, parseIpv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, parseIpv6 } from '../../mapper/address/ipv6.ts';
import {
  ipv4PrefixesOverlap,
  ipv6Prefix,
  ipv6PrefixContains,
  parseIpv4Prefix,
  parseIpv6Prefix,
} from '../../mapper/address/prefix.ts';
import { type AddressMap, AddressMapList } from '../../mapper/address-map.ts';
import { EmbeddedMap } from '../../mapper/embedded-map.ts';
import { ExplicitMap } from '../../mapper/explicit-map.ts';
import { parseExplicitPair } from '../../mapper/explicit-pair.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { flag, listOf, oneOf, parsed, wholeNumber } from '../config/value.ts';

/** All that decides what becomes of a packet. */
export interface Settings {
  readonly explicit: ExplicitMap;
  readonly embedded: EmbeddedMap | undefined;
  /** Explicit mappings first, then embedded ones (RFC 7757 §3.3). */
  readonly maps: AddressMap;
  readonly path: PathMtu;
  /** Sources of ICMP errors of our own; where there is none, none is sent. */
  readonly ownIpv4: Ipv4Address | undefined;
  readonly ownIpv6: Ipv6Address | undefined;
}

/** Says in one line which key is wrong, and how. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const ipv4Address = parsed('an IPv4 address', parseIpv4);
const ipv6Address = parsed('an IPv6 address', parseIpv6);
const pairText = v.tuple([v.string('must be text'), v.string('must be text')], 'must be [IPv6 prefix, IPv4 prefix]');

/** What no error may come from, and no other packet: the translator drops those (`illegal-address.ts`). */
const NEVER_A_SOURCE4 = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];
const NEVER_A_SOURCE6 = ['::/96', '::ffff:0.0.0.0/96', '100::/64', 'fe80::/10', 'ff00::/8'];

/** An address or a prefix, or a list of them, that has none of the addresses of `never` (RFC 6791 §5). */
function poolOf<Prefix>(
  family: string,
  never: readonly string[],
  parse: (text: string) => Prefix | undefined,
  overlap: (a: Prefix, b: Prefix) => boolean,
) {
  const item = v.pipe(
    parsed(`${family} address or prefix`, parse),
    v.check(
      (prefix) => !never.some((range) => overlap(parse(range) as Prefix, prefix)),
      `must not overlap ${never.join(', ')}`,
    ),
  );
  const list = v.array(item);
  const single = v.pipe(
    item,
    v.transform((one) => [one]),
  );
  return v.lazy((value) => (Array.isArray(value) ? list : single));
}

const pool4 = poolOf(
  'an IPv4',
  NEVER_A_SOURCE4,
  (address) => parseIpv4Prefix(address) ?? parseIpv4Prefix(`${address}/32`),
  ipv4PrefixesOverlap,
);
const pool6 = poolOf(
  'an IPv6',
  NEVER_A_SOURCE6,
  (address) => parseIpv6Prefix(address) ?? parseIpv6Prefix(`${address}/128`),
  (a, b) => ipv6PrefixContains(a, b.address) || ipv6PrefixContains(b, a.address),
);

const schema = v.strictObject(
  {
    prefix: v.nullish(parsed('an IPv6 prefix', parseIpv6Prefix)),
    explicit: v.nullish(listOf(pairText)),
    ownIpv4: v.nullish(ipv4Address),
    ownIpv6: v.nullish(ipv6Address),
    errorSource4: v.nullish(pool4),
    errorSource6: v.nullish(pool6),
    errorSourceExtension: v.nullish(flag),
    lowestIpv6Mtu: v.nullish(wholeNumber(1280, 65_535)),
    mtu4: v.nullish(wholeNumber(68, 65_535)),
    mtu6: v.nullish(wholeNumber(1280, 65_535)),
    zeroUdpChecksum: v.nullish(oneOf('compute', 'drop')),
    zeroUdpChecksum6: v.nullish(oneOf('pass', 'drop', 'compute')),
    icmpErrors: v.nullish(flag),
    hideHop: v.nullish(flag),
  },
  ({ expected }) => (expected === 'never' ? 'is not a key' : 'must be an object'),
);

/** Reads settings from a JSON value. Throws a `SettingsError`. */
export function readSettings(value: unknown): Settings {
  if (Array.isArray(value)) throw new SettingsError('config must be an object');
  const result = v.safeParse(schema, value);
  if (!result.success) {
    const [issue] = result.issues;
    throw new SettingsError(`${v.getDotPath(issue) ?? 'config'} ${issue.message}`);
  }
  const { prefix, explicit: pairs, ownIpv4, ownIpv6, ...rest } = result.output;
  const explicit = about(
    'explicit',
    () => new ExplicitMap((pairs ?? []).map(([six, four]) => parseExplicitPair(six, four))),
  );
  const embedded = prefix == null ? undefined : about('prefix', () => new EmbeddedMap(prefix));
  const chosen = Object.fromEntries(Object.entries(rest).filter(([, given]) => given != null));
  const path = Object.assign(new PathMtu(), chosen, { hasStrangers: false });
  // ICMPv4 errors from nowhere come from ourselves, unless another address is given for them.
  if (rest.errorSource6 == null && ownIpv6 != null) path.errorSource6 = [ipv6Prefix(ownIpv6, 128)];
  return {
    explicit,
    embedded,
    maps: new AddressMapList(embedded === undefined ? [explicit] : [explicit, embedded]),
    path,
    ownIpv4: ownIpv4 ?? undefined,
    ownIpv6: ownIpv6 ?? undefined,
  };
}

/** Reads settings from the text of a JSON file. Throws a `SettingsError`. */
export function parseSettings(json: string): Settings {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new SettingsError(`is no JSON: ${(error as Error).message}`, { cause: error });
  }
  return readSettings(value);
}

/** Lets the maps say what is wrong with what they were given. */
function about<Value>(key: string, make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SettingsError(`${key}: ${error.message}`, { cause: error });
  }
}
