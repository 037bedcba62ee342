import test from 'ava';
import { lan, pair, routed } from './networks.ts';
import { commandsToBuild } from './topology.ts';

const namespaceOf = (host: string): string => `ns-${host}`;
const typed = (topology: typeof pair): string[] => commandsToBuild(topology, namespaceOf).map((argv) => argv.join(' '));

test('a cable is made inside its namespaces, then gets addresses, then goes up; routes come last', (t) => {
  t.deepEqual(typed(pair).slice(6), [
    'ip -n ns-dual link add eth0 type veth peer name eth0 netns ns-host6',
    'ip -n ns-dual addr add 2001:db8:6::1/64 dev eth0',
    'ip -n ns-dual addr add 198.51.100.1/24 dev eth0',
    'ip -n ns-dual link set eth0 mtu 1500 up',
    'ip -n ns-host6 addr add 2001:db8:6::2/64 dev eth0',
    'ip -n ns-host6 link set eth0 mtu 1500 up',
    'ip -6 -n ns-dual route add default via 2001:db8:6::2',
  ]);
});

test('no command touches the namespace of the machine', (t) => {
  for (const line of [pair, lan, routed].flatMap(typed)) {
    t.regex(line, /^ip (-[46] )?-n ns-\w+ |^ip netns (add|exec) ns-\w+/);
  }
});

test('a switch joins its devices with a bridge, a router forwards, nobody else does', (t) => {
  t.deepEqual(
    typed(lan).filter((line) => line.includes('master br0')),
    ['port1', 'port2', 'port3'].map((port) => `ip -n ns-lan link set ${port} master br0`),
  );
  const forwarding = typed(routed).filter((line) => line.includes('forwarding=1'));
  t.is(forwarding.length, 1);
  t.regex(forwarding[0] ?? '', /netns exec ns-router /);
});
