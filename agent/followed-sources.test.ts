import test from 'ava';
import type { Flow } from '../install/conntrack.ts';
import { formatIpv6, type Ipv6Address, parseIpv6 } from '../mapper/address/ipv6.ts';
import { FollowedSources } from './followed-sources.ts';

const address = (text: string): Ipv6Address => parseIpv6(text) ?? { w0: 0, w1: 0, w2: 0, w3: 0 };

/** A host with addresses of its own, whose flows are those answered at `flows`. */
function scene(...flows: string[]) {
  const own = new Set<string>();
  const told: string[] = [];
  const flow = (answered: string): Flow => {
    const [protocol, port, peer] = [6, 80, address('2001:db8:6::2')];
    return { protocol, port, destination: peer, answering: peer, answered: address(answered), source: peer };
  };
  const sources = new FollowedSources({
    nft: { run: (commands) => void told.push(/snat.*/.exec(commands)?.[0] ?? 'none') },
    settings: { table: 'bis', device: 'bis0' },
    forgetFlows: async (matches) =>
      void told.push(`forget ${flows.filter((each) => matches(flow(each))).join(' ')}`.trim()),
  });
  const follow = (...named: string[]): Promise<void> =>
    sources.follow(
      named.map((source) => ({ device: 'eth0', destination: 'default', source })),
      (each) => own.has(formatIpv6(each)),
    );
  return { own, told, follow };
}

test('rules are made when they change, and only of addresses that are there', async (t) => {
  const { own, told, follow } = scene();
  await follow();
  await follow('2001:db8::7');
  own.add('2001:db8::7');
  await follow('2001:db8::7');
  await follow('2001:db8::7');
  t.deepEqual(told, ['none', 'snat to 2001:db8::7']);
});

test('S7: the flows of an address that has gone are forgotten, once; those of one that no route names any more are not', async (t) => {
  const { own, told, follow } = scene('2001:db8::7', '2001:db8::8');
  own.add('2001:db8::7').add('2001:db8::8');
  await follow('2001:db8::7');
  await follow('2001:db8::8');
  own.delete('2001:db8::7');
  await follow('2001:db8::8');
  await follow('2001:db8::8');
  t.deepEqual(told, ['snat to 2001:db8::7', 'snat to 2001:db8::8', 'forget 2001:db8::7']);
});
