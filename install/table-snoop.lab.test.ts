/** Catching questions, on real packets: by server and device, whatever the socket did before, and never for longer than promised. */
import os from 'node:os';
import test from 'ava';
import { canRenewElements, portsCommands, renewCommands, snoopCommands, withdrawSnoopCommands } from './table-snoop.ts';
import { snoop4Commands } from './table-snoop-chains.ts';
import { raiseTables } from './testing/bump.ts';
import { inNamespace } from './testing/namespace.ts';
import { settings } from './testing/settings.ts';
import { askOnce, pairs, raiseCatching, say, snoopScene } from './testing/snoop-scene.ts';
import { ClientSocket } from './testing/socket.ts';

/** How long a test waits for an element that expires in a second; the kernel is not punctual to the millisecond. */
const EXPIRED_MS = 1200;

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test.serial(
  'questions to a caught server are answered by us, over UDP and TCP, whatever the socket is bound to',
  async (t) => {
    const { lab, open } = await snoopScene();
    await using _ = lab;
    const nft = raiseCatching(lab.host('dual').namespace);
    nft.run(portsCommands(settings, pairs));
    nft.run(snoopCommands(settings, pairs, 60));
    for (const kind of ['udp', 'tcp'] as const) {
      for (const { server, device } of pairs) {
        t.is(askOnce(open(server, { kind, zone: device })), 'caught', `${kind} ${server}`);
        t.is(askOnce(open(server, { kind, device })), 'caught', `${kind} ${server}, bound to ${device}`);
      }
    }
    nft.close();
  },
);

test.serial(
  'D7: what is not asked for by the map goes its way: another server, another port, our own mark',
  async (t) => {
    const { lab, open } = await snoopScene();
    await using _ = lab;
    await say(lab.host('server'), 'native', '192.0.2.53', 54);
    const nft = raiseCatching(lab.host('dual').namespace);
    nft.run(snoopCommands(settings, pairs, 60));
    t.is(askOnce(open('192.0.2.54')), 'native');
    t.is(askOnce(open('192.0.2.53', {}, 54)), 'native');
    for (const { server, device } of pairs) {
      const native = device === 'lo' ? 'stub' : 'native';
      t.is(askOnce(open(server, { zone: device, mark: settings.mark })), native, server);
      t.is(
        askOnce(open(server, { zone: device, mark: 0x7000 | settings.mark })),
        native,
        `${server}, other bits of the mark`,
      );
      t.is(askOnce(open(server, { zone: device, mark: 0x1000 })), 'caught', `${server}, somebody else's mark`);
    }
    nft.close();
  },
);

test.serial('a socket used before is caught, and goes its native way when the table goes', async (t) => {
  const { lab, open } = await snoopScene();
  await using _ = lab;
  const sockets = pairs.map(({ server, device }) => ({ socket: open(server, { zone: device }), device }));
  const answers = (): string[] => sockets.map(({ socket }) => socket.ask());
  const native = sockets.map(({ device }) => (device === 'lo' ? 'stub' : 'native'));
  for (let round = 0; round < 3; round++) {
    t.deepEqual(answers(), native);
    const nft = raiseCatching(lab.host('dual').namespace);
    nft.run(snoopCommands(settings, pairs, 60));
    t.deepEqual(
      answers(),
      pairs.map(() => 'caught'),
      `round ${round}`,
    );
    nft.close();
  }
  t.deepEqual(answers(), native);
});

test.serial('a TCP connection from before is reset, once, and so is a caught one when the table goes', async (t) => {
  const { lab, open } = await snoopScene();
  await using _ = lab;
  const options = { kind: 'tcp' } as const;
  const before = open('192.0.2.53', options);
  t.is(before.ask(), 'native');
  const nft = raiseCatching(lab.host('dual').namespace);
  nft.run(snoopCommands(settings, pairs, 60));
  t.is(before.ask(), 'error', 'at once, not after a timeout');
  const during = open('192.0.2.53', options);
  t.is(during.ask(), 'caught');
  t.is(during.ask(), 'caught');
  nft.close();
  t.is(during.ask(), 'error');
  t.is(askOnce(open('192.0.2.53', options)), 'native');
});

test.serial(
  'S14: elements that are not renewed let the same socket go its native way; withdrawing does so at once',
  async (t) => {
    const { lab, open } = await snoopScene();
    await using _ = lab;
    const nft = raiseCatching(lab.host('dual').namespace);
    const socket = open('192.0.2.53');
    nft.run(snoopCommands(settings, pairs, 1));
    t.is(socket.ask(), 'caught');
    await sleep(EXPIRED_MS);
    t.is(socket.ask(), 'native');
    t.is(askOnce(open('192.0.2.53', { kind: 'tcp' })), 'native');
    nft.run(snoopCommands(settings, pairs, 60));
    t.is(socket.ask(), 'caught');
    nft.run(withdrawSnoopCommands(settings));
    t.is(socket.ask(), 'native');
    nft.close();
  },
);

test.serial(
  'S14: what is renewed by adding it again lives on, by the kernels of which it is said, and no longer',
  async (t) => {
    const { lab, open } = await snoopScene();
    await using _ = lab;
    const nft = raiseCatching(lab.host('dual').namespace);
    const sockets = ['192.0.2.53', '2001:db8:6::53'].map((server) => open(server));
    const answers = (): string => sockets.map((socket) => socket.ask()).join(' ');
    nft.run(snoopCommands(settings, pairs, 1));
    const until = performance.now() + 3000;
    while (canRenewElements(os.release()) && performance.now() < until) {
      nft.run(renewCommands(settings, pairs, 1));
      t.is(answers(), 'caught caught');
      await sleep(100);
    }
    await sleep(EXPIRED_MS);
    t.is(answers(), 'native native');
    nft.run(renewCommands(settings, pairs, 60));
    t.is(answers(), 'caught caught', 'what has expired is there again');
    nft.close();
  },
);

test.serial('renewing keeps elements alive without a gap, and replaces the servers that changed', async (t) => {
  const { lab, open } = await snoopScene();
  await using _ = lab;
  const nft = raiseCatching(lab.host('dual').namespace);
  const socket = open('192.0.2.53');
  const until = performance.now() + 2500;
  let asked = 0;
  while (performance.now() < until) {
    nft.run(snoopCommands(settings, pairs, 1));
    const answer = socket.ask();
    asked++;
    if (answer !== 'caught') return t.fail(`question ${asked}: ${answer}`);
  }
  t.true(asked > 100, `${asked} questions`);
  const moved = { device: 'eth0', server: '192.0.2.54', address: '192.0.2.1', port: 5301 };
  nft.run(snoopCommands(settings, [moved], 60));
  t.is(askOnce(open('192.0.2.54')), 'caught');
  t.is(socket.ask(), 'native');
  nft.close();
  return t.pass();
});

test.serial('D5: our listeners hear only this host', async (t) => {
  const { lab, open } = await snoopScene();
  await using _ = lab;
  const server = lab.host('server').namespace;
  const nft = raiseCatching(lab.host('dual').namespace);
  const fromNeighbour = (address: string, port: number): string =>
    askOnce(inNamespace(server, () => new ClientSocket(address, port, { zone: 'eth0' })));
  t.is(fromNeighbour('192.0.2.1', 5301), 'caught', 'without the guard anybody is heard');
  nft.run(portsCommands(settings, pairs));
  for (const { address, port, device } of pairs) {
    if (device !== 'lo') t.is(fromNeighbour(address, port), 'silence', address);
    t.is(askOnce(open(address, { zone: device }, port)), 'caught', `${address} from here`);
  }
  nft.close();
});

test.serial('IPv4 packets are tracked only while a server that is asked over IPv4 is caught', async (t) => {
  const { lab, open } = await snoopScene();
  await using _ = lab;
  const dual = lab.host('dual');
  const tracked = async (): Promise<number> =>
    (await dual.must(['cat', '/proc/net/nf_conntrack'])).split('\n').filter((line) => line.startsWith('ipv4')).length;
  /** Whether tracking ends: the kernel takes rules apart after it has answered. */
  const ends = async (isSo: () => Promise<boolean>): Promise<boolean> => {
    for (const until = performance.now() + 3000; performance.now() < until; await sleep(50))
      if (await isSo()) return true;
    return false;
  };
  const nft = raiseTables(dual.namespace);
  const ask = (): string => askOnce(open('192.0.2.53'));
  nft.run(snoopCommands(settings, pairs.slice(1, 2), 60));
  t.is(ask(), 'native');
  t.is(askOnce(open('2001:db8:6::53')), 'caught');
  t.is(await tracked(), 0);
  for (let round = 0; round < 2; round++) {
    nft.run(snoop4Commands(settings, true));
    nft.run(snoopCommands(settings, pairs, 60));
    t.is(ask(), 'caught');
    t.true((await tracked()) > 0);
    nft.run(withdrawSnoopCommands(settings));
    nft.run(snoop4Commands(settings, false));
    t.is(ask(), 'native');
    t.true(
      await ends(async () => {
        const before = await tracked();
        ask();
        return (await tracked()) <= before;
      }),
    );
  }
  nft.close();
});
