/** The extension that names where an error came from (RFC 5837), read by tshark, which traceroute's users look with. */
import test from 'ava';
import { ipv4 } from '../mapper/address/ipv4.ts';
import { parsePacket } from '../translator/packet-text.ts';
import { bump } from './reference/bump.ts';
import { ask, isClean, judge } from './reference/tshark.ts';

test('RFC 6791 6791: tshark reads the object and finds its checksum right', (t) => {
  const sources = { errorSource4: [{ address: ipv4(0xc0000201), length: 32 }], errorSourceExtension: true };
  const label = '2000764a0008010112345678';
  const errors = ['', ` | extension 0x${label}`].flatMap((more) =>
    [104, 400].map((length) => {
      const said = more === '' ? '' : ` length=${(length + 48) / 8}`;
      const quote = `IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1 | UDP 40000 > 40001 | [${length}]${more}`;
      return parsePacket(`IPv6 2001:db8:77::1 > fd00::ac15:7001 | ICMPv6 time-exceeded${said} | ${quote}`).octets;
    }),
  );
  const sent = errors.flatMap((octets) => [...bump(octets, undefined, sources).pieces]);
  // Otherwise it looks for extensions behind short packets only.
  const fields = ['icmp.ext.checksum.status', 'icmp.int_info.role', 'icmp.int_info.ipv6', '_ws.malformed'];
  t.deepEqual(
    ask(sent, false, fields, { 'icmp.favor_icmp_mpls': true }),
    errors.map(() => ['1', '0', '2001:db8:77::1', '']),
  );
  t.true(judge(sent, false).every(isClean));
});
