/** Packets of segments that do not fit: each segment goes its own way, as if the kernel had cut it. */
import test from 'ava';
import fc from 'fast-check';
import { gather } from '../../test/reference/gathered.ts';
import { referenceSegments } from '../../test/reference/segments.ts';
import { formatPacket, parsePacket } from '../../translator/packet-text.ts';
import type { PathMtu } from '../../translator/path-mtu.ts';
import { from4, from6, MONDAY, type PumpScene, pumpScene, to4, to6 } from './fixture/pump-scene.ts';

/** What comes out of the packet of a line, and what of its segments, cut by hand. */
function bothWays(line: string, path: Partial<PathMtu> = {}): { once: string[]; byHand: string[]; verdicts: object[] } {
  const { octets, offload } = parsePacket(line);
  const protocol = line.includes('TCP') ? 6 : 17;
  const segments = referenceSegments([...octets], offload.checksumStart, protocol, offload.gsoSize);
  const [first, second] = [pumpScene({}, path), pumpScene({}, path)];
  first.device.put(octets, offload);
  for (const segment of segments) second.device.put(new Uint8Array(segment));
  const isIpv4 = line.startsWith('IPv4');
  return {
    once: sent(first),
    byHand: sent(second),
    verdicts: [first, second].map((scene) => (isIpv4 ? scene.fourToSix() : scene.sixToFour())),
  };
}

/** What comes out: lines, each with its octets, because a line does not show all of a long payload. */
function sent(scene: PumpScene): string[] {
  scene.pump.drain(256, MONDAY);
  gather(
    new Uint8Array(),
    scene.device.written.filter(({ offload }) => !offload.needsChecksum).map(({ octets }) => octets),
  );
  return scene.device.written.map(
    (one) => `${formatPacket(one.octets, one.offload)} # ${Buffer.from(one.octets).toString('hex')}`,
  );
}

test('RFC 7915 4.1-FRAG: segments of TCP without DF become fragments, each of its own packet', (t) => {
  const line = `${from4} ttl=64 id=7 | TCP 1 > 2 PSH,ACK seq=9 partial gso=1400 | [3000]`;
  const { once, byHand, verdicts } = bothWays(line);
  t.deepEqual(once, byHand);
  t.deepEqual(
    once.map((piece) => piece.replace(/ \| (?:TCP|protocol).*/, '')),
    [
      `${to6} hlim=63 | fragment id=7 mf`,
      `${to6} hlim=63 | fragment id=7 offset=1232`,
      `${to6} hlim=63 | fragment id=8 mf`,
      `${to6} hlim=63 | fragment id=8 offset=1232`,
      `${to6} hlim=63`,
    ],
  );
  t.deepEqual(verdicts[0], verdicts[1]);
});

test('RFC 7915 4.1-DF 5.1-PTB: segments that do not fit are refused with one error, the short one at the end passes', (t) => {
  const four = bothWays(`${from4} ttl=64 id=7 df | TCP 1 > 2 FIN,ACK seq=9 partial gso=1441 | [5000]`);
  t.is(four.once.length, 2);
  t.is(four.once[0], four.byHand[0], 'the error quotes the first segment');
  t.regex(four.once[0] ?? '', /ICMPv4 unreachable\/4 mtu=1480 \| IPv4 .* id=7 df .*\| TCP 1 > 2 ACK seq=9 /);
  t.is(four.once[1], four.byHand.at(-1));
  t.regex(four.once[1] ?? '', /TCP 1 > 2 FIN,ACK seq=4332 \| \[677\] #/);
  const verdicts = { 'refused-packet-too-big': 3, translated: 1 };
  t.deepEqual(four.verdicts[0], { packets: 1, octets: 40 + 677, verdicts: { ...verdicts, 'errors-sent': 1 } });
  t.deepEqual(four.verdicts[1], { packets: 1, octets: 40 + 677, verdicts: { ...verdicts, 'errors-sent': 3 } });

  const six = bothWays(`${from6} hlim=64 | UDP 1 > 2 partial gso=1300 | [4000]`, { mtu4: 1300 });
  t.is(six.once.length, 2);
  t.is(six.once[0], six.byHand[0]);
  t.regex(
    six.once[0] ?? '',
    /ICMPv6 packet-too-big mtu=1320 \| IPv6 \S+ > \S+ hlim=64 payload=1308 \| UDP 1 > 2 sum=0x9336 \| /,
  );
  t.is(six.once[1], six.byHand.at(-1));
  t.regex(six.once[1] ?? '', new RegExp(`^${to4} ttl=63 \\| UDP 1 > 2 \\| \\[100\\] #`));
});

test('RFC 7915 5.1.1-V4FRAG: segments that IPv6 carries anywhere are fragmented where IPv4 does not', (t) => {
  for (const layer of ['TCP 1 > 2 ACK partial gso=1200', 'UDP 1 > 2 partial gso=1200']) {
    const { once, byHand, verdicts } = bothWays(`${from6} hlim=64 | ${layer} | [3000]`, { mtu4: 800 });
    t.deepEqual(once, byHand);
    t.is(once.length, 5);
    t.deepEqual(verdicts[0], verdicts[1]);
  }
});

test('a packet behind one of segments is answered again', (t) => {
  const scene = pumpScene();
  const long = `${from4} df | TCP 1 > 2 ACK partial gso=1441 | [5000]`;
  t.is(
    scene.through([long, `${from4} df | UDP 1 > 2 | [1473]`, long]).filter((line) => line.includes('ICMPv4')).length,
    3,
  );
});

test('ROBUST: whatever the sizes are, segments go the way of packets that were cut by hand', (t) => {
  const heads = fc.constantFrom(
    `${from4} id=65530`,
    `${from4} id=9 options=01010101`,
    from6,
    `${from6} | hop-by-hop 010400000000`,
  );
  const layers = fc.constantFrom('TCP 1 > 2 FIN,PSH,ACK,CWR seq=4294967000 options=01010101', 'UDP 1 > 2');
  const size = fc.integer({ min: 100, max: 1600 });
  const property = fc.property(
    heads,
    layers,
    size,
    fc.integer({ min: 1, max: 8000 }),
    fc.integer({ min: 68, max: 1500 }),
    (head, layer, gsoSize, length, mtu4) => {
      const { once, byHand } = bothWays(`${head} | ${layer} partial gso=${gsoSize} | [${length}]`, {
        mtu4,
        lowestIpv6Mtu: 1300,
      });
      // Segments that all fit stay together.
      if (once.some((line) => line.includes('gso='))) return;
      const isError = (line: string): boolean => /\| ICMPv[46] /.test(line);
      t.deepEqual(
        once.filter((line) => !isError(line)),
        byHand.filter((line) => !isError(line)),
      );
      t.deepEqual(once.filter(isError), byHand.filter(isError).slice(0, 1));
    },
  );
  fc.assert(property, { numRuns: 200 });
});
