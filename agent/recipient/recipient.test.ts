import test from 'ava';
import type { Flow } from '../../install/conntrack.ts';
import { recipientCommands } from '../../install/table-recipient.ts';
import { formatIpv6, type Ipv6Address, parseIpv6 } from '../../mapper/address/ipv6.ts';
import { formatPorts, NOTHING, parsePorts, withPorts } from '../config/ports.ts';
import { admission } from './admission.ts';
import { Recipient } from './recipient.ts';

const address = (text: string): Ipv6Address => parseIpv6(text) ?? { w0: 0, w1: 0, w2: 0, w3: 0 };
const SELF = address('fd00::ac15:7001');
const PEER = address('2001:db8::9');
const OWN = address('2001:db8::1');
const [TCP, UDP] = [6, 17];

const ports = (...texts: string[]) =>
  texts
    .map(parsePorts)
    .filter((each) => each !== undefined)
    .reduce(withPorts, NOTHING);

/** Flows as they are tracked, by what they are. */
const flows: Readonly<Record<string, Flow>> = {
  'native UDP': { protocol: UDP, source: PEER, answered: PEER, destination: OWN, port: 5000, answering: OWN },
  'translated UDP': { protocol: UDP, source: PEER, answered: PEER, destination: OWN, port: 5000, answering: SELF },
  'UDP that others DNAT': {
    protocol: UDP,
    source: PEER,
    answered: PEER,
    destination: OWN,
    port: 5000,
    answering: address('2001:db8:77::1'),
  },
  'UDP of this host to a peer': {
    protocol: UDP,
    source: OWN,
    answered: OWN,
    destination: PEER,
    port: 5000,
    answering: PEER,
  },
  'UDP to another port': { protocol: UDP, source: PEER, answered: PEER, destination: OWN, port: 5001, answering: OWN },
  'native TCP': { protocol: TCP, source: PEER, answered: PEER, destination: OWN, port: 5000, answering: OWN },
  'translated TCP': { protocol: TCP, source: PEER, answered: PEER, destination: OWN, port: 5000, answering: SELF },
};

/** A recipient whose surroundings note what it has them do. */
function scene() {
  const told: string[] = [];
  const forgotten: string[][] = [];
  const broken = { leg: false, conntrack: false };
  const recipient = new Recipient({
    leg: {
      expose: (exposed) => {
        if (broken.leg) throw new Error('Cannot change which ports are exposed');
        told.push(`expose ${formatPorts(exposed).join(' ')}`);
      },
    },
    dataPlane: { admitStrangers: (may) => void told.push(`admit ${may}`) },
    self6: SELF,
    isOwn: (each) => formatIpv6(each) === formatIpv6(OWN),
    forgetFlows: async (matches) => {
      if (broken.conntrack) throw new Error('Cannot forget');
      forgotten.push(Object.keys(flows).filter((name) => matches(flows[name] as Flow)));
    },
    log: {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (_: unknown, text?: string) => void told.push(text ?? ''),
    },
  });
  return { recipient, told, forgotten, broken };
}

test('S2: strangers are admitted exactly while something is exposed', (t) => {
  const { recipient, told } = scene();
  recipient.letIn(NOTHING);
  recipient.letIn(ports('tcp/80'));
  recipient.letIn(NOTHING);
  t.deepEqual(told, ['expose ', 'admit false', 'expose tcp/80', 'admit true', 'expose ', 'admit false']);
});

test('UDP flows to ports that changed begin anew, and no others', async (t) => {
  const { recipient, forgotten } = scene();
  recipient.letIn(ports('tcp/80', 'tcp/5000'));
  recipient.letIn(ports('tcp/80', 'udp/4999-5000'));
  recipient.letIn(ports('udp/4999-5000'));
  recipient.letIn(ports('udp/4999'));
  await recipient.close();
  const ofUdp = ['native UDP', 'translated UDP'];
  t.deepEqual(forgotten, [ofUdp, ofUdp, [], ['translated UDP', 'translated TCP']]);
});

test('what cannot be exposed is not, and what cannot be forgotten is told', async (t) => {
  const { recipient, told, broken } = scene();
  broken.leg = true;
  t.throws(() => recipient.letIn(ports('tcp/80')));
  t.deepEqual(told, []);
  broken.leg = false;
  broken.conntrack = true;
  recipient.letIn(ports('udp/80'));
  await recipient.close();
  t.deepEqual(told.filter((line) => line.startsWith('UDP')).length, 3);
});

test('S1: everybody is admitted but ourselves, and whatever goes wrong stays here', (t) => {
  const admitted: string[] = [];
  const errors: string[] = [];
  const log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (_: unknown, text?: string) => void errors.push(text ?? ''),
  };
  const admit = admission({
    mapper: {
      admit: (each) => {
        if (each.w3 === 13) throw new Error('no');
        admitted.push(formatIpv6(each));
        return undefined;
      },
    },
    isOwn: (each) => formatIpv6(each) === formatIpv6(OWN),
    log,
  });
  for (const text of ['2001:db8::9', '2001:db8::1', '2001:db8::d']) admit(address(text));
  t.deepEqual(admitted, ['2001:db8::9']);
  t.deepEqual(errors, ['Cannot admit a stranger']);
});

test('S2: all that can be exposed is text that nft takes', (t) => {
  const everything = ports('tcp/1-65535', 'udp/1', 'udp/65535');
  t.regex(
    recipientCommands({ table: 'bis', device: 'bis0', self6: formatIpv6(SELF) }, everything),
    /exposed_tcp \{ 1-65535 \}\n.*\n.*exposed_udp \{ 1, 65535 \}\n$/,
  );
});
