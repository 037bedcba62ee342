/**
 * What RFC 7915 and RFC 6535 ask of the host around the translator: which packets come to it, and which addresses stand
 * for whom.
 */
import test from 'ava';
import { defaultConfig } from '../agent/config/parse-config.ts';
import { createInstance, selfAddress } from '../agent/instance.ts';
import { deviceSteps } from '../install/device.ts';
import { printStep } from '../install/step.ts';
import { formatIpv4, ipv4 } from '../mapper/address/ipv4.ts';
import { ipv6 } from '../mapper/address/ipv6.ts';
import { formatIpv4Prefix, formatIpv6Prefix, type Ipv4Prefix, ipv4Prefix } from '../mapper/address/prefix.ts';
import { AddressMapList } from '../mapper/address-map.ts';
import { AddressMapper } from '../mapper/address-mapper.ts';
import { SelfMap } from '../mapper/self-map.ts';
import { SharedTable } from '../mapper/shared-table.ts';
import { Spool } from '../mapper/spool.ts';
import { translated } from './reference/bump.ts';

const ula = { address: ipv6(0xfd000b15, 0, 0, 0), length: 96 };

test('RFC 7915 4.6 5.6: the spool and the self prefix are routed to the device, and nothing else', (t) => {
  const instance = createInstance(defaultConfig(), ula, []);
  const steps = deviceSteps({
    device: instance.device,
    self: selfAddress(instance),
    spool: [formatIpv4Prefix(instance.spool)],
    ula: formatIpv6Prefix(instance.ula),
    mtu: 1480,
  });
  const routed = steps.flatMap((step) => [...printStep(step).matchAll(/^ {2}do .* route replace (\S+)/gm)]);
  t.deepEqual(
    routed.map(([, prefix]) => prefix),
    ['10.170.160.0/20', 'fd00:b15::/96'],
  );
});

test('RFC 6535 6535-POOL: the four ranges of §4.4, the second of each pair where the first is in use', (t) => {
  const ranges = (...taken: Ipv4Prefix[]): string[] => {
    const { self, spool } = createInstance(defaultConfig(), ula, taken);
    return [self, spool].map(formatIpv4Prefix);
  };
  t.deepEqual(ranges(), ['172.21.112.0/20', '10.170.160.0/20']);
  t.deepEqual(ranges(ipv4Prefix(ipv4(0xac150000), 16)), ['10.170.224.0/20', '10.170.160.0/20']);
  t.deepEqual(ranges(ipv4Prefix(ipv4(0x0a000000), 8)), ['172.21.112.0/20', '172.21.80.0/20']);
});

test('RFC 6535 6535-EIM: one mapping for a peer, whatever the ports, the protocol, and whoever talks to it', (t) => {
  const spool = new Spool([ipv4Prefix(ipv4(0x0aaaa000), 20)]);
  const table = SharedTable.create(spool, 1);
  const parts = { spool, index: table.reader, sinks: [table.writer()], stamps: [table], now: () => 1_000_000 };
  const mapper = new AddressMapper(parts);
  const maps = new AddressMapList([table.reader, new SelfMap(ula, spool)]);
  const peer = ipv6(0x20010db8, 0, 0, 9);
  const address = mapper.assign(peer, { name: 'host6.example', ttlSeconds: 60 });
  t.is(address && formatIpv4(address), '10.170.160.1');
  for (const own of ['172.21.112.1', '192.168.1.7', '198.51.100.4']) {
    const [a = 0, b = 0, c = 0, d = 0] = own.split('.').map(Number);
    const embedded = `fd00:b15::${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    for (const layers of ['TCP 1 > 80 SYN', 'TCP 65535 > 443 SYN', 'UDP 53 > 53', 'protocol 132 | [16]']) {
      t.is(
        translated(`IPv4 ${own} > 10.170.160.1 ttl=64 | ${layers}`, { maps }),
        `IPv6 ${embedded} > 2001:db8::9 hlim=63 | ${layers}`,
      );
      t.is(
        translated(`IPv6 2001:db8::9 > ${embedded} hlim=64 | ${layers}`, { maps }),
        `IPv4 10.170.160.1 > ${own} ttl=63 | ${layers}`,
      );
    }
  }
  t.is(mapper.assign(peer, { name: 'another.example', ttlSeconds: 60 }), address);
});
