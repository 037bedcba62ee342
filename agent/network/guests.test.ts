/** Tables of interfaces as `ip -j -d addr show` prints them on hosts of all kinds, cut to what matters. */
import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { guestInterfaces, guestsAmong, type Link } from './guests.ts';

const inet = { addr_info: [{ family: 'inet' }, { family: 'inet6' }] };
const link = (ifname: string, info_kind?: string, more: object = {}): Link => ({
  ifname,
  addr_info: [],
  ...(info_kind === undefined ? {} : { linkinfo: { info_kind } }),
  ...more,
});
const lo = link('lo', undefined, inet);
const eth0 = link('eth0', undefined, inet);
const bridge = (ifname: string, more: object = inet): Link => link(ifname, 'bridge', more);
const veth = (ifname: string, more: object = {}): Link => link(ifname, 'veth', more);
const tap = (ifname: string, more: object = {}): Link => ({
  ...link(ifname, 'tun', more),
  linkinfo: { info_kind: 'tun', info_data: { type: 'tap' } },
});
const tun = (ifname: string): Link => ({
  ...link(ifname, 'tun', inet),
  linkinfo: { info_kind: 'tun', info_data: { type: 'tun' } },
});

interface Scene {
  readonly title: string;
  readonly links: readonly Link[];
  readonly ways: readonly string[];
  readonly guests: readonly string[];
}

const scenes: readonly Scene[] = [
  { title: 'a laptop without guests', links: [lo, eth0, link('wlan0'), tun('bis0')], ways: ['wlan0'], guests: [] },
  {
    title: 'Docker: two networks, one of them without containers',
    links: [
      lo,
      eth0,
      bridge('docker0'),
      bridge('br-5f2a'),
      veth('veth12ab', { master: 'br-5f2a' }),
      veth('veth34cd', { master: 'br-5f2a' }),
    ],
    ways: ['eth0'],
    guests: ['br-5f2a'],
  },
  {
    title: 'libvirt: a network with a tap of each machine',
    links: [lo, eth0, bridge('virbr0'), tap('vnet0', { master: 'virbr0' }), tap('vnet1', { master: 'virbr0' })],
    ways: ['eth0'],
    guests: ['virbr0'],
  },
  {
    title: 'LXD and podman beside each other',
    links: [
      lo,
      eth0,
      bridge('lxdbr0'),
      veth('veth0a', { master: 'lxdbr0' }),
      tap('tap0a', { master: 'lxdbr0' }),
      bridge('podman1'),
      veth('veth0', { master: 'podman1' }),
    ],
    ways: ['eth0'],
    guests: ['lxdbr0', 'podman1'],
  },
  {
    title: 'a bridge to the LAN, with machines on it as neighbours',
    links: [lo, link('enp3s0', undefined, { master: 'br0' }), bridge('br0'), tap('vnet0', { master: 'br0' })],
    ways: ['br0'],
    guests: [],
  },
  {
    title: 'a bridge to a second LAN without a router',
    links: [lo, eth0, link('eth1', undefined, { master: 'br1' }), bridge('br1'), veth('veth1', { master: 'br1' })],
    ways: ['eth0'],
    guests: [],
  },
  {
    title: 'a bridge between machines, on which the host has no IPv4 address',
    links: [lo, eth0, bridge('isolated', { addr_info: [{ family: 'inet6' }] }), tap('vnet7', { master: 'isolated' })],
    ways: ['eth0'],
    guests: [],
  },
  {
    title: 'systemd-nspawn and Calico: ends without a bridge',
    links: [lo, eth0, veth('ve-debian', inet), veth('cali1234', {}), tap('fc-tap0', inet)],
    ways: ['eth0'],
    guests: ['ve-debian', 'cali1234', 'fc-tap0'],
  },
  {
    title: 'OpenVPN over a tap that is the way out',
    links: [lo, eth0, tap('tap0', inet)],
    ways: ['tap0', 'eth0'],
    guests: [],
  },
  {
    title: 'WireGuard and Tailscale',
    links: [lo, eth0, link('wg0', 'wireguard', inet), tun('tailscale0')],
    ways: ['eth0'],
    guests: [],
  },
  { title: 'inside a container', links: [lo, veth('eth0', inet)], ways: ['eth0'], guests: [] },
  { title: 'inside a container without a router', links: [lo, veth('eth0', inet)], ways: [], guests: [] },
  {
    title: 'a bond with VLANs',
    links: [
      lo,
      link('eth0', undefined, { master: 'bond0' }),
      link('bond0', 'bond', inet),
      link('bond0.7', 'vlan', inet),
    ],
    ways: ['bond0'],
    guests: [],
  },
  {
    title: 'a name that is no word in a command',
    links: [lo, eth0, veth('a;b', inet), veth('ve-ok', inet)],
    ways: ['eth0'],
    guests: ['ve-ok'],
  },
];

for (const { title, links, ways, guests } of scenes) {
  test(`S1: guests of ${title}`, (t) => {
    t.deepEqual(guestsAmong(links, ways), guests);
  });
}

test('S1: interfaces are read as iproute2 prints them', async (t) => {
  const host = new RecordingHost({});
  const print = (links: readonly object[]): void =>
    void host.output.set('ip -j -d addr show', links.length === 0 ? '' : JSON.stringify(links));
  print([lo, eth0, bridge('virbr0'), tap('vnet0', { master: 'virbr0' })]);
  t.deepEqual(await guestInterfaces(host, ['eth0']), ['virbr0']);
  print([]);
  t.deepEqual(await guestInterfaces(host, ['eth0']), []);
});
