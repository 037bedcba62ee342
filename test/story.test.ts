/**
 * The whole walk in one screen: where a DNS answer becomes a mapping, and a mapping a packet (docs/life-of-a-packet.md).
 * The parts are the real ones, as `agent/bump.ts` puts them together; the name server, the device and the clock are not.
 */
import test from 'ava';
import { createCounters } from '../agent/data-plane/counters.ts';
import { Pump } from '../agent/data-plane/pump.ts';
import { createRequests, StrangerQuestions } from '../agent/data-plane/stranger-requests.ts';
import { Strangers } from '../agent/data-plane/strangers.ts';
import { MemoryTun } from '../agent/data-plane/tun-memory.ts';
import { ipv4 } from '../mapper/address/ipv4.ts';
import { ipv6 } from '../mapper/address/ipv6.ts';
import { AddressMapList } from '../mapper/address-map.ts';
import { AddressMapper } from '../mapper/address-mapper.ts';
import { SelfMap } from '../mapper/self-map.ts';
import { SharedTable } from '../mapper/shared-table.ts';
import { Spool } from '../mapper/spool.ts';
import { fakeUpstream } from '../resolver/fixture/fake-upstream.ts';
import { plainSockets } from '../resolver/fixture/plain-sockets.ts';
import { fakeHost } from '../resolver/fixture/surroundings.ts';
import { printed, question } from '../resolver/fixture/zone-line.ts';
import { createResolver } from '../resolver/resolver.ts';
import { defaultSettings } from '../resolver/settings.ts';
import { formatPacket, parsePacket } from '../translator/packet-text.ts';
import { PathMtu } from '../translator/path-mtu.ts';

const NOW = 1_700_000_000;

test('an IPv4-only program reaches an IPv6-only server by name', async (t) => {
  // A spool, a table that two threads share, and the prefix that stands for this host.
  const spool = new Spool([{ address: ipv4(0x0aaaa000), length: 20 }]);
  const table = SharedTable.create(spool, 1);
  const self = { address: ipv6(0xfd000000, 0, 0, 0), length: 96 };
  const parts = { spool, index: table.reader, sinks: [table.writer()], stamps: [table], now: () => NOW };
  const mapper = new AddressMapper(parts);

  // The program asks for an A record. The name server has only an AAAA: the resolver has an address assigned.
  const server = await fakeUpstream((text) =>
    text.startsWith('host6.example AAAA') ? { answers: ['host6.example. 300 IN AAAA 2001:db8:6::2'] } : {},
  );
  const resolver = createResolver({
    mappings: mapper,
    host: fakeHost(),
    settings: defaultSettings,
    sockets: plainSockets,
  });
  const source = { address: '127.0.0.1', port: 40000 };
  const answer = await resolver.answer(question('host6.example A'), { protocol: 'udp', source, upstreams: [server] });
  await server.close();
  t.deepEqual(server.asked.toSorted(), ['host6.example A udp', 'host6.example AAAA udp']);
  t.deepEqual(printed(answer).answers, ['host6.example. 60 IN A 10.170.160.1']);

  // It connects to that address. The kernel routes the packet to the device, and the worker translates it.
  const device = new MemoryTun();
  const maps = new AddressMapList([table.reader, new SelfMap(self, spool)]);
  const own = { ipv4: spool.address(0), ipv6: self.address };
  const strangers = new Strangers(new StrangerQuestions(createRequests()), 1000);
  const outside = { counters: createCounters(), trace: { isOn: () => false, note: () => {} }, strangers };
  const rest = { path: new PathMtu(), own, errorsPerSecond: 100, random: () => {}, ...outside };
  const pump = new Pump({ device, table, spool, maps, self, ...rest });
  const bumped = (line: string): string | undefined => {
    device.put(parsePacket(line).octets);
    pump.drain(1, NOW * 1000);
    const [packet] = device.written.splice(0);
    return packet && formatPacket(packet.octets, packet.offload);
  };
  t.is(
    bumped('IPv4 172.21.112.1 > 10.170.160.1 ttl=64 df | TCP 40000 > 80 SYN seq=1 win=64240'),
    'IPv6 fd00::ac15:7001 > 2001:db8:6::2 hlim=63 | TCP 40000 > 80 SYN seq=1 win=64240',
  );

  // The kernel forwards it under the host's own address, and brings the reply back to the device.
  t.is(
    bumped('IPv6 2001:db8:6::2 > fd00::ac15:7001 hlim=60 | TCP 80 > 40000 SYN,ACK seq=7 ack=2 win=64800'),
    'IPv4 10.170.160.1 > 172.21.112.1 ttl=59 | TCP 80 > 40000 SYN,ACK seq=7 ack=2 win=64800',
  );

  t.is(
    bumped('IPv4 172.21.112.1 > 10.170.160.1 ttl=64 df | TCP 40000 > 80 ACK seq=2 ack=8 win=64240'),
    'IPv6 fd00::ac15:7001 > 2001:db8:6::2 hlim=63 | TCP 40000 > 80 ACK seq=2 ack=8 win=64240',
  );

  // As long as the connection may be open, the address belongs to that server.
  t.is(table.connectedUntil(1), NOW + 7440);
});
