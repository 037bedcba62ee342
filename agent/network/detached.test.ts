/** Which prefixes are detached, as a table: what the host has, what is known of routers, and what follows. */
import test from 'ava';
import { parseIpv6Prefix } from '../../mapper/address/prefix.ts';
import { defaultRouters, detachedPrefixes } from './detached.ts';
import { attachedSources, flowSources } from './flow-sources.ts';
import type { InterfaceAddress, Network } from './observe.ts';

const [ONE, TWO] = ['2001:db8:1::7', '2001:db8:2::7'];
const [FIRST, SECOND] = ['fe80::1', 'fe80::2'];

const address = (text: string, more: Partial<InterfaceAddress> = {}): InterfaceAddress => ({
  family: 'inet6',
  address: text,
  prefixLength: 64,
  isUsual: true,
  isReady: true,
  isDuplicate: false,
  isDynamic: true,
  isTemporary: false,
  ...more,
});

/** A host with addresses and default routers by device: `{ eth0: [[…addresses], […routers]] }`. */
function network(
  devices: Readonly<Record<string, readonly [readonly InterfaceAddress[], readonly string[]]>>,
): Network {
  const all = Object.entries(devices);
  return {
    interfaces: all.map(([name, [addresses]], at) => ({
      ...{ name, index: at + 2, isUp: true, hasNeighbours: true, mtu: 1500, prefersTemporary: false },
      addresses,
    })),
    routes4: [],
    routes6: all.flatMap(([device, [, routers]]) =>
      routers.map((router) => ({
        ...{ type: 'unicast', destination: 'default', devices: [device], metric: 1024, isMain: true },
        routers: [{ device, address: router }],
      })),
    ),
  };
}

const both = [address(ONE), address(TWO)];
/** Each announces a prefix of its own. */
const advertised = [`${FIRST} 2001:db8:1::/64`, `${SECOND} 2001:db8:2::/64`];

interface Row {
  readonly title: string;
  readonly now: Network;
  /** What it was before. */
  readonly before?: Network;
  /** `router prefix` on interface 2. */
  readonly advertised?: readonly string[];
  readonly silent?: readonly string[];
  readonly detached: readonly string[];
}

const attached = network({ eth0: [both, [FIRST, SECOND]] });
const rows: readonly Row[] = [
  { title: 'both routers are there', now: attached, advertised, detached: [] },
  {
    title: 'one does not answer',
    now: attached,
    ...{ advertised, silent: [FIRST] },
    detached: [`eth0 2001:db8:1::/64: ${FIRST} does not answer`],
  },
  {
    title: 'one is no default router any more',
    ...{ before: attached, now: network({ eth0: [both, [SECOND]] }), advertised },
    detached: [`eth0 2001:db8:1::/64: ${FIRST} is no default router any more`],
  },
  { title: 'none answers: all count as attached', now: attached, advertised, silent: [FIRST, SECOND], detached: [] },
  {
    title: 'a prefix of two routers, of which one is gone',
    now: attached,
    ...{ advertised: [...advertised, `${SECOND} 2001:db8:1::/64`], silent: [FIRST] },
    detached: [],
  },
  {
    title: 'who announced them is not known: any default router of the link will do',
    ...{ now: attached, silent: [FIRST] },
    detached: [],
  },
  {
    title: 'nor for one of them',
    ...{ now: attached, advertised: advertised.slice(0, 1), silent: [FIRST] },
    detached: [`eth0 2001:db8:1::/64: ${FIRST} does not answer`],
  },
  {
    title: 'a link whose routers are gone, beside another',
    before: network({ eth0: [[address(ONE)], [FIRST]], wlan0: [[address(TWO)], [SECOND]] }),
    now: network({ eth0: [[address(ONE)], []], wlan0: [[address(TWO)], [SECOND]] }),
    detached: [`eth0 2001:db8:1::/64: ${FIRST} is no default router any more`],
  },
  {
    title: 'who announced it never was a default router',
    ...{ now: network({ eth0: [both, [SECOND]] }), advertised },
    detached: [],
  },
  {
    title: 'addresses given by hand need no router',
    now: network({
      eth0: [[address(ONE, { isDynamic: false }), address(TWO)], [SECOND]],
      wg0: [[address('fd00::7', { isDynamic: false })], []],
    }),
    ...{ before: attached, silent: [FIRST] },
    detached: [],
  },
  {
    title: 'but one that was announced does, and a leased one inside of it',
    now: network({
      eth0: [
        [address(ONE, { isDynamic: false }), address('2001:db8:1::8', { prefixLength: 128 }), address(TWO)],
        [SECOND],
      ],
    }),
    ...{ before: attached, advertised },
    detached: [`eth0 2001:db8:1::/64: ${FIRST} is no default router any more`],
  },
];

/** What follows from a row. */
const judge = ({ now, before = now, advertised: told = [], silent = [] }: Row) =>
  detachedPrefixes(
    now,
    {
      advertised: told.flatMap((line) => {
        const [router = '', text = ''] = line.split(' ');
        const prefix = parseIpv6Prefix(text);
        return prefix === undefined ? [] : [{ index: 2, router, prefix }];
      }),
      isSilent: (_, router) => silent.includes(router),
    },
    new Set([...defaultRouters(before), ...defaultRouters(now)]),
  );

for (const row of rows) {
  test(`S7: detached prefixes: ${row.title}`, (t) => {
    t.deepEqual(
      judge(row).map(({ device, prefix, because }) => `${device} ${prefix}: ${because}`),
      row.detached,
    );
  });
}

/** The rules while the first prefix is detached, a line each. */
function rules(addresses: readonly InterfaceAddress[], named: readonly [string, string][] = []): string[] {
  const now = network({ eth0: [addresses, [FIRST]], wlan0: [[address('2001:db8:9::7')], [SECOND]] });
  const detached = [{ device: 'eth0', prefix: '2001:db8:1::/64', because: '' }];
  const routed = named.map(([destination, source]) => ({ device: 'eth0', destination, source }));
  const keeps = (_: string, source: string): boolean => !source.startsWith('2001:db8:1:');
  return flowSources(routed, attachedSources(now, detached), keeps).map(
    ({ device, destination, source }) => `${device} ${destination} ${source}`,
  );
}

test('S7: flows get an address of an attached prefix of that device, other devices stay as they are', (t) => {
  t.deepEqual(rules(both), [`eth0 2001:db8:2::/64 ${TWO}`, `eth0 default ${TWO}`]);
  t.deepEqual(rules([address(ONE)]), [], 'there is none');
  t.deepEqual(rules([address(ONE), address(TWO, { isUsual: false })]), [], 'or it is not to be used');
  t.deepEqual(rules([...both, address('2001:db8:3::7')]), [
    `eth0 2001:db8:2::/64 ${TWO}`,
    'eth0 2001:db8:3::/64 2001:db8:3::7',
    `eth0 default ${TWO}`,
  ]);
});

test('S7: unique local addresses are for unique local destinations', (t) => {
  t.deepEqual(rules([address(ONE), address('fd00:5::7')]), ['eth0 fd00:5::/64 fd00:5::7', 'eth0 fc00::/7 fd00:5::7']);
});

test('S7: what a route names holds unless it is of a detached prefix', (t) => {
  const found = rules(both, [
    ['2001:db8:5::/48', ONE],
    ['2001:db8:6::/48', '2001:db8:2::8'],
    ['default', '2001:db8:1::8'],
  ]);
  t.deepEqual(found, [
    `eth0 2001:db8:2::/64 ${TWO}`,
    `eth0 2001:db8:5::/48 ${TWO}`,
    'eth0 2001:db8:6::/48 2001:db8:2::8',
    `eth0 default ${TWO}`,
  ]);
});

test('temporary addresses are taken where the kernel prefers them', (t) => {
  const temporary = address('2001:db8:2::8', { isTemporary: true });
  t.deepEqual(rules([address(ONE), temporary, address(TWO)]).at(-1), `eth0 default ${TWO}`);
});
