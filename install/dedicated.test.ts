import test from 'ava';
import { dedicatedAddress, dedicatedCommands, dedicatedStep, isDedicatedUndo } from './dedicated.ts';

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const PREFIX = octets('20010db8 00060000 00000000 00000000');

/** The address as hexadecimal digits. */
function chosen(length = 64, device = 'eth0', attempt = 0, secret = 'fd00::/96', prefix = PREFIX): string {
  const address = dedicatedAddress({ octets: prefix, length }, device, attempt, secret);
  return address === undefined ? 'none' : Buffer.from(address).toString('hex');
}

test('an address is of its prefix, the same again, and another for whatever differs', (t) => {
  const first = chosen();
  t.true(first.startsWith('20010db800060000'));
  t.is(chosen(), first);
  const others = [
    chosen(64, 'eth1'),
    chosen(64, 'eth0', 1),
    chosen(64, 'eth0', 0, 'fd01::/96'),
    chosen(64, 'eth0', 0, 'fd00::/96', octets('20010db8 00070000 00000000 00000000')),
  ].map((text) => text.slice(16));
  t.is(new Set([first.slice(16), ...others]).size, 5);
});

test('prefixes of any length keep their bits, and those with no room get none', (t) => {
  const ones = octets('ffffffff ffffffff ffffffff ffffffff');
  for (let length = 0; length <= 112; length++) {
    const prefix = ones.map((octet, at) => octet & (0xff << (8 - Math.min(Math.max(length - 8 * at, 0), 8))) & 0xff);
    const bits = [...octets(chosen(length, 'eth0', 0, 's', prefix))].map((octet) => octet.toString(2).padStart(8, '0'));
    t.is(bits.join('').slice(0, length), '1'.repeat(length), `${length}`);
    t.regex(bits.join('').slice(length), /0/, 'the rest is by chance');
  }
  t.is(chosen(113), 'none');
  t.is(chosen(128), 'none');
});

test('what gives an address says how it is taken back', (t) => {
  t.deepEqual(dedicatedStep('eth0', '2001:db8::7'), {
    title: 'give eth0 the dedicated address 2001:db8::7',
    run: [
      ...['ip', '-6', 'address', 'replace', '2001:db8::7/128', 'dev', 'eth0'],
      ...['preferred_lft', '0', 'noprefixroute'],
    ],
    undo: ['ip', '-6', 'address', 'del', '2001:db8::7/128', 'dev', 'eth0'],
  });
});

test('S9: no other word gets through', (t) => {
  for (const [device, address] of [
    ['eth0;x', '2001:db8::7'],
    ['eth0', '2001:db8::7/64'],
    ['eth0', 'fe80::1%eth0'],
    ['eth0', 'all'],
  ] as const)
    t.throws(() => dedicatedStep(device, address), undefined, `${device} ${address}`);
  t.throws(() => dedicatedCommands({ table: 'bis' }, ['::1 }']));
  t.true(isDedicatedUndo(['ip', '-6', 'address', 'del', '2001:db8::7/128', 'dev', 'eth0']));
  t.false(isDedicatedUndo(['ip', '-6', 'address', 'del', '2001:db8::7/128', 'dev']));
  t.false(isDedicatedUndo([]));
});
