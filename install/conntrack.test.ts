/** Datagrams of a dump as the kernel writes them, put together here attribute by attribute. */
import test from 'ava';
import fc from 'fast-check';
import { formatIpv6, ipv6ToOctets, parseIpv6 } from '../mapper/address/ipv6.ts';
import { type Flow, forgetFlowsOf, isUntracked, readDump } from './conntrack.ts';

const UDP = 17;

/** An attribute with its header, padded to a multiple of 4. */
function attribute(type: number, ...content: (Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  const octets = Buffer.alloc((4 + body.length + 3) & ~3);
  octets.writeUInt16LE(4 + body.length);
  octets.writeUInt16LE(type, 2);
  body.copy(octets, 4);
  return octets;
}

function message(type: number, ...content: Uint8Array[]): Buffer {
  const octets = Buffer.concat([Buffer.alloc(20), ...content]);
  octets.writeUInt32LE(octets.length);
  octets.writeUInt16LE(type, 4);
  octets[16] = 10;
  return octets;
}

/** NLMSG_ERROR with this error number. */
function refusalOf(number: number): Buffer {
  const octets = message(2);
  octets.writeInt32LE(-number, 16);
  return octets;
}

const NESTED = 0x8000;
const octetsOf = (text: string): Uint8Array => ipv6ToOctets(parseIpv6(text) ?? { w0: 0, w1: 0, w2: 0, w3: 0 });
const port = (value: number): readonly number[] => [value >>> 8, value & 255];

function tuple(type: number, source: string, destination: string, protocol: number, from: number, to: number): Buffer {
  return attribute(
    type | NESTED,
    attribute(1 | NESTED, attribute(3, octetsOf(source)), attribute(4, octetsOf(destination))),
    attribute(2 | NESTED, attribute(1, [protocol]), attribute(2, port(from)), attribute(3, port(to))),
  );
}

const original = tuple(1, '2001:db8::9', '2001:db8::1', UDP, 40_000, 5000);
const reply = tuple(2, 'fd00::ac15:7001', '2001:db8::9', UDP, 5000, 40_000);
const status = attribute(3, [0, 0, 0, 8]);
const id = attribute(12, [1, 2, 3, 4]);
const flow = message(0x100, original, reply, status, id);
const done = message(3);

const all = (): boolean => true;

test('a flow is read as where it was sent, and who answers', (t) => {
  const seen: Flow[] = [];
  const removals: Uint8Array[] = [];
  const matches = (each: Flow): boolean => {
    seen.push(each);
    return true;
  };
  t.false(readDump(flow, matches, removals));
  t.deepEqual(
    seen.map(({ source, destination, answering, answered, ...rest }) => ({
      ...rest,
      source: formatIpv6(source),
      destination: formatIpv6(destination),
      answering: formatIpv6(answering),
      answered: formatIpv6(answered),
    })),
    [
      {
        protocol: UDP,
        port: 5000,
        source: '2001:db8::9',
        destination: '2001:db8::1',
        answering: 'fd00::ac15:7001',
        answered: '2001:db8::9',
      },
    ],
  );
  // The request to remove it: its first tuple and its id, and nothing that another flow could have.
  const removal = message(0x102, original, id);
  removal[6] = 1;
  t.deepEqual(
    removals.map((octets) => Buffer.from(octets).toString('hex')),
    [removal.toString('hex')],
  );
});

test('a flow in a zone of its own is removed there', (t) => {
  const zone = attribute(18, [0, 7]);
  const removals: Uint8Array[] = [];
  readDump(message(0x100, original, reply, zone, id), all, removals);
  t.true(Buffer.from(removals[0] ?? []).includes(zone));
});

test('what does not match stays, and the end is seen', (t) => {
  const removals: Uint8Array[] = [];
  t.true(readDump(Buffer.concat([flow, flow, done]), ({ port: each }) => each === 5001, removals));
  t.deepEqual(removals, []);
});

test('a flow without ports, as of a ping, is one whose port is 0', (t) => {
  const addresses = attribute(1 | NESTED, attribute(3, octetsOf('fd00::1')), attribute(4, octetsOf('2001:db8::1')));
  const ping = attribute(1 | NESTED, addresses, attribute(2 | NESTED, attribute(1, [58])));
  const seen: Flow[] = [];
  readDump(message(0x100, ping, reply), (each) => seen.push(each) > 0, []);
  t.deepEqual(
    seen.map(({ protocol, port: each, source }) => [protocol, each, formatIpv6(source)]),
    [[58, 0, 'fd00::1']],
  );
});

test('flows that are half told, of IPv4, or of kinds nobody knows are left alone', (t) => {
  const removals: Uint8Array[] = [];
  const ipv4 = attribute(1 | NESTED, attribute(1 | NESTED, attribute(1, [10, 0, 0, 1]), attribute(2, [10, 0, 0, 2])));
  for (const content of [[], [original], [reply], [ipv4, reply], [attribute(99, [1])]]) {
    t.false(readDump(message(0x100, ...content), all, removals));
  }
  t.deepEqual(removals, []);
});

test('a refusal of the kernel is an error', (t) => {
  const refusal = refusalOf(1);
  const error = t.throws(() => readDump(refusal, all, []), { message: 'Cannot list the tracked flows: EPERM' });
  t.false(isUntracked(error));
});

test('S8a: a kernel that does not tell what it tracks is told from one that refuses', (t) => {
  // There is no such subsystem of nfnetlink.
  const refusal = refusalOf(22);
  const error = t.throws(() => readDump(refusal, all, []), { message: 'Cannot list the tracked flows: EINVAL' });
  t.true(isUntracked(error));
});

test('what is no prefix is not looked for', async (t) => {
  await t.throwsAsync(forgetFlowsOf('fd00::1'), { message: /is no IPv6 prefix$/ });
});

test('octets of any kind end the reading, and nothing else', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), fc.nat(flow.length), (garbage, cut) => {
      const octets = Buffer.concat([flow.subarray(0, cut), Buffer.from(garbage)]);
      try {
        readDump(octets, all, []);
      } catch (error) {
        t.regex(String(error), /Cannot list the tracked flows/);
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
