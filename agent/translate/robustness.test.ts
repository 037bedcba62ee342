/** Broken and hostile packets through the tool: nothing is thrown, and what comes out is whole and on its side. */
import test from 'ava';
import { mutate, Random } from '../../test/fuzz/mutate.ts';
import { gather } from '../../test/reference/gathered.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { formatPacketBuffer, parsePacket } from '../../translator/packet-text.ts';
import { type Outcome, PacketTranslator } from './packet-translator.ts';
import { readSettings } from './settings.ts';

const settings = readSettings({
  prefix: '2001:db8:64::/96',
  explicit: [
    ['2001:db8:a::/64', '198.51.100.0/25'],
    ['2001:db8:b::/124', '198.51.100.128/28'],
  ],
  ownIpv4: '192.0.2.254',
  ownIpv6: '2001:db8:64::c000:2fe',
  errorSource4: '192.0.2.99',
  mtu4: 1280,
});

/** Packets that turn round, and such as go straight on. */
const seeds = [
  'IPv6 2001:db8:a:0:200:: > 2001:db8:64::c633:6481 | UDP 1 > 2 | [1300]',
  'IPv6 2001:db8:a:0:200:: > 2001:db8:64::c633:6481 | fragment id=7 mf | UDP 1 > 2 length=2000 sum=0x1234 | [1400]',
  'IPv6 2001:db8:a:0:200:: > 2001:db8:64::c633:6481 | ICMPv6 echo id=1 seq=1 | [40]',
  'IPv6 2001:db8:b::1 > 2001:db8:64::c633:6401 | ICMPv6 unreachable/4 | IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 | hop-by-hop 010400000000 | UDP 1 > 2 | [40]',
  'IPv6 2001:db8:c::1 > 2001:db8:64::c633:6401 | destination 010400000000 | ICMPv6 packet-too-big mtu=1300 | IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 | TCP 1 > 2 | [40]',
  'IPv6 2001:db8:a:0:200:: > 2001:db8:64::cb00:7101 | TCP 1 > 2 SYN',
  'IPv4 203.0.113.1 > 198.51.100.1 | UDP 1 > 2 | [2000]',
  'IPv4 203.0.113.1 > 198.51.100.1 | ICMPv4 time-exceeded | IPv4 198.51.100.1 > 203.0.113.9 | UDP 1 > 2 | [40]',
].map((line) => parsePacket(line));

/** Whether every packet that goes out is of its side's version, and as long as it says. */
function isWhole({ verdict, out }: Outcome): boolean {
  if ((verdict === 'translated') !== out.length > 0 && verdict !== 'refused') return false;
  return out.every(({ to, octets }) => {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    return to === 'ipv6'
      ? view.getUint8(0) >>> 4 === 6 && view.getUint16(4) === octets.length - 40
      : view.getUint8(0) === 0x45 && view.getUint16(2) === octets.length;
  });
}

test('ROBUST: whatever comes in, what goes out is whole', (t) => {
  const random = new Random(7757);
  const translator = new PacketTranslator(settings);
  const packet = new PacketBuffer();
  const reasons = new Set<string>();
  for (let count = 0; count < 40_000; count++) {
    mutate(random, packet, seeds);
    packet.offload.clear();
    const outcome = translator.translate(packet);
    gather(
      packet.bytes.slice(packet.start, packet.start + packet.length),
      outcome.out.map(({ octets }) => octets),
    );
    if (!isWhole(outcome)) return t.fail(`${outcome.reason} ${formatPacketBuffer(packet)}`);
    reasons.add(outcome.reason);
  }
  return t.true(reasons.size > 12, [...reasons].join(' '));
});
