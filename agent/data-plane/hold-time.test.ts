import test from 'ava';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { from4 } from './fixture/pump-scene.ts';
import { holdSeconds } from './hold-time.ts';

function held(line: string): number {
  const packet = new PacketBuffer();
  packet.start = 10;
  parseIntoPacketBuffer(line, packet);
  return holdSeconds(packet);
}

test('M11: an open TCP connection holds for 2 h 4 min, one that opens or ends for 4 min', (t) => {
  for (const flags of ['ACK', 'ACK,PSH']) t.is(held(`${from4} | TCP 1 > 2 ${flags}`), 7440, flags);
  for (const flags of ['SYN', 'SYN,ACK', 'FIN,ACK']) t.is(held(`${from4} | TCP 1 > 2 ${flags}`), 240, flags);
});

test('M15: resets and ICMP errors, which the kernel sends to whoever knocks, hold nothing', (t) => {
  for (const flags of ['RST', 'RST,ACK']) t.is(held(`${from4} | TCP 1 > 2 ${flags}`), 0, flags);
  for (const layer of ['ICMPv4 unreachable/3', 'ICMPv4 time-exceeded', 'ICMPv4 parameter-problem pointer=0']) {
    t.is(held(`${from4} | ${layer} | 0x${'00'.repeat(28)}`), 0, layer);
  }
});

test('M11: UDP, echo and everything else hold for 5 min', (t) => {
  for (const layers of ['UDP 1 > 2', 'ICMPv4 echo id=1 seq=1', 'protocol 47 | [40]', 'protocol 50 | [40]']) {
    t.is(held(`${from4} | ${layers}`), 300, layers);
  }
});

test('M11: IPv4 options move the TCP header', (t) => {
  t.is(held(`${from4} options=0101010101010101 | TCP 1 > 2 FIN,ACK`), 240);
  t.is(held(`${from4} options=0101010101010101 | TCP 1 > 2 RST`), 0);
});

test('M11: where the TCP flags are not in the packet they are not looked for', (t) => {
  const payload = `| 0x${'ff'.repeat(24)}`;
  t.is(held(`${from4} offset=1480 | protocol 6 ${payload}`), 300, 'a later fragment begins with payload');
  t.is(held(`${from4} mf | protocol 6 | 0x0001000200000000`), 300, 'a first fragment of 8 octets');
});
