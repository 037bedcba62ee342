/** What changes for a pump while it runs: explicit mappings (M17), and the source of errors when the spool has moved (M3). */
import test from 'ava';
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { AddressMapList } from '../../mapper/address-map.ts';
import { parseExplicitPair } from '../../mapper/explicit-pair.ts';
import { LiveExplicitMap } from '../../mapper/live-explicit-map.ts';
import { SelfMap } from '../../mapper/self-map.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';
import { pumpScene, self, spoolRange } from './fixture/pump-scene.ts';

test('M17: packets to and from explicit mappings are translated as long as they hold, and none goes round', (t) => {
  const explicit = new LiveExplicitMap();
  const spool = new Spool([spoolRange]);
  const { reader } = SharedTable.create(spool, 1);
  const maps = new AddressMapList([explicit, reader, new SelfMap(self, spool)]);
  const scene = pumpScene({ maps, spool, explicit });
  const there = 'IPv4 172.21.112.1 > 192.0.2.7 ttl=64 df | UDP 1 > 2 | "hello"';
  t.deepEqual(scene.through(there), []);
  t.is(scene.fourToSix().verdicts['dropped-loop'], 1);
  explicit.replace([
    parseExplicitPair('2001:db8:9::7', '192.0.2.7'),
    parseExplicitPair('2001:db8:a::/120', '198.51.100.0/24'),
  ]);
  const [sent = ''] = scene.through(there);
  t.regex(sent, /^IPv6 \S+::ac15:7001 > 2001:db8:9::7 hlim=63 \| UDP 1 > 2 \| "hello"$/);
  const own = /^IPv6 (\S+)/.exec(sent)?.[1];
  t.deepEqual(scene.through(`IPv6 2001:db8:a::9 > ${own} hlim=64 | UDP 2 > 1 | "hello"`), [
    'IPv4 198.51.100.9 > 172.21.112.1 ttl=63 | UDP 2 > 1 | "hello"',
  ]);
  t.deepEqual(scene.through('IPv4 198.51.100.9 > 192.0.2.7 ttl=64 df | UDP 1 > 2 | "hello"'), []);
  t.is(scene.fourToSix().verdicts['dropped-loop'], 2);
  explicit.replace([]);
  t.deepEqual(scene.through(there), []);
});

test('M3: errors come from where the spool is now', (t) => {
  const scene = pumpScene();
  const late = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=1 df | UDP 1 > 2 | "hello"';
  t.regex(scene.through(late)[0] ?? '', /^IPv4 (?!172\.21\.80\.0 )/);
  const source = parseIpv4('172.21.80.0');
  if (source !== undefined) scene.pump.errorSource4 = source;
  t.regex(scene.through(late)[0] ?? '', /^IPv4 172\.21\.80\.0 > 172\.21\.112\.1 /);
});
