import test from 'ava';
import { formatIpv4Prefix, type Ipv4Prefix, parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { SelfAddress } from './self-address.ts';

const prefix = (text: string) => parseIpv4Prefix(text) as Ipv4Prefix;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function scene(configured = '172.21.112.0/20') {
  const told: string[] = [];
  const tell = (_: unknown, text: string): void => void told.push(text);
  /** What ss(8) says of the sockets that have an address. */
  const sockets = new Map<string, string | Error>();
  const asked: string[] = [];
  const state = { isFirstNeeded: false };
  const self = new SelfAddress({
    host: {
      async run(argv) {
        asked.push(argv.join(' '));
        const answer = sockets.get(argv.at(-1) ?? '') ?? '';
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    configured: prefix(configured),
    range: prefix(configured),
    reserved: () => [prefix('10.170.224.0/21')],
    isFirstNeeded: () => state.isFirstNeeded,
    taken: [],
    log: { debug: tell, info: tell, warn: tell, error: tell } as never,
  });
  const codes = () => self.reasons.map(({ code }) => code);
  /** Looks until the kernel has been asked once more. */
  const tend = async (): Promise<void> => {
    for (let look = 0; look < 10; look++) self.tend();
    await turn();
  };
  return { self, sockets, asked, state, told, codes, tend };
}

test('M3: a network beside the address of the device is none of ours; one that has it moves the address', (t) => {
  const { self, codes, told } = scene();
  self.follow([prefix('172.21.112.128/25')]);
  t.deepEqual(self.addresses, ['172.21.112.1']);
  self.follow([prefix('172.21.112.0/24')]);
  // The other default is somebody's, so that it is the last of 10.0.0.0/8.
  t.deepEqual(self.addresses, ['10.255.240.1', '172.21.112.1']);
  t.deepEqual(self.ranges.map(formatIpv4Prefix), ['10.255.240.0/20', '172.21.112.0/20']);
  t.deepEqual(codes(), ['self-collision']);
  self.follow([prefix('172.21.112.0/24')]);
  t.is(self.addresses.length, 2);
  t.deepEqual(told, ['The address of the device moves: a network of this host has it']);
});

test('M3: the address before stays while sockets have it, and while nobody knows', async (t) => {
  const { self, sockets, asked, codes, tend } = scene();
  await tend();
  t.deepEqual(asked, []);
  const taken = [prefix('172.21.112.0/24')];
  self.follow(taken);
  sockets.set('172.21.112.1', 'tcp ESTAB 0 0 172.21.112.1:40000 10.170.160.2:80\n');
  await tend();
  t.deepEqual(asked, ['ss -Hatun src 172.21.112.1']);
  t.is(self.addresses.length, 2);
  sockets.set('172.21.112.1', new Error('ss cannot be run'));
  await tend();
  t.is(self.addresses.length, 2);
  sockets.clear();
  await tend();
  t.deepEqual(self.addresses, ['10.255.240.1']);
  t.deepEqual(codes(), []);
});

test('M3: the address that peers are let in by stays as long as they are', async (t) => {
  const { self, state, tend } = scene();
  self.follow([prefix('172.21.112.0/24')]);
  state.isFirstNeeded = true;
  await tend();
  t.is(self.addresses.length, 2);
  state.isFirstNeeded = false;
  await tend();
  t.is(self.addresses.length, 1);
});

test('M3: where no range is free the address stays, which is a reason; one that somebody chose and is elsewhere is said', (t) => {
  const all = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'].map(prefix);
  const { self, codes } = scene('10.99.0.0/24');
  self.follow(all);
  t.deepEqual(self.addresses, ['10.99.0.1']);
  t.deepEqual(codes(), ['self-collision']);
  self.follow([prefix('10.99.0.0/24')]);
  t.deepEqual(codes(), ['self-elsewhere', 'self-collision']);
  self.follow([]);
  t.deepEqual(codes(), ['self-elsewhere']);
});
