import test from 'ava';
import { ServerLists } from '../resolver/server-lists.ts';
import { Watch, type WatchParts } from './watch.ts';

/** What happens, once each: at the first look, or `told` of names without waiting for one. */
interface Happening {
  changed?: boolean;
  names?: boolean;
  jumped?: boolean;
  ended?: boolean;
  isOtherWay?: boolean;
  told?: boolean;
}

/** A watch over things that only say what they were asked to do. */
function watchOver(first: Happening): { watch: Watch; done: string[] } {
  const done: string[] = [];
  // One server that is asked, and one that was.
  const [asked, old] = [{ address: '192.0.2.53', port: 53 } as const, { address: '127.0.0.53', port: 53 } as const];
  const servers = new ServerLists(() => {});
  servers.set({}, [asked]);
  const once = (key: 'changed' | 'names' | 'jumped' | 'ended'): boolean => {
    const is = first[key] === true;
    first[key] = false;
    return is;
  };
  const log = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };
  const parts: WatchParts = {
    log: log as never,
    changes: {
      listen: (listener) => {
        if (first.told !== true) return;
        first.told = false;
        first.names = true;
        listener();
      },
      look: () => ({ network: once('changed'), names: once('names'), firewall: false }),
    },
    jumps: { jumped: () => once('jumped') },
    surroundings: {
      renew: async () => void done.push('look around'),
      isLoopbackUp: true,
      uplinks: [],
      defaultDevices: [],
      mtu: 1500,
      interfaces: [],
      sources: () => [],
      detached: [],
      isOwn: () => false,
      isDeviceWhole: () => true,
      takenIpv4: [],
    },
    ranges: { follow: () => {}, tend: () => false, reasons: [] },
    moved: () => {},
    leg: {
      follow: async () => void done.push('mend the leg'),
      mendGuard: async () => {},
      get isForwardingEnded() {
        return once('ended');
      },
      uplinks: [],
      straying: [],
      isExposed: false,
    },
    firewalls: { look: async () => void done.push('look at firewalls'), blocking: [] },
    repairs: { givenUp: [] },
    questions: {
      mode: 'snoop',
      refresh: async () => {
        done.push('look for servers');
        return first.isOtherWay === true;
      },
      renew: () => {},
      servers: () => [{ device: 'eth0', server: '192.0.2.53#53', listener: '192.0.2.1#40000' }],
      unanswered: () => [],
      gaps: () => [],
    },
    resolver: {
      flush: () => void done.push('flush'),
      reset: () => void done.push('reset'),
      loops: [asked, old],
      servers,
    },
    isAlive: () => true,
    onStuck: () => {},
  };
  return { watch: new Watch(parts), done };
}

/** What a watch does that looks for a second and a half. */
async function doneBy(first: Parameters<typeof watchOver>[0]): Promise<string[]> {
  const { watch, done } = watchOver(first);
  await watch.begin();
  done.length = 0;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await watch.end();
  return done;
}

const following = ['flush', 'look around', 'mend the leg', 'look for servers', 'look at firewalls'];

test('nothing happens: nothing is done', async (t) => {
  t.deepEqual(await doneBy({}), []);
});

test('S7: a change of the network is followed, once', async (t) => {
  t.deepEqual(await doneBy({ changed: true }), following);
});

test('other servers are followed, once, and nothing else is looked at', async (t) => {
  t.deepEqual(await doneBy({ names: true }), ['flush', 'look for servers']);
});

test('who is told of other servers does not wait for the next look', async (t) => {
  const { watch, done } = watchOver({ told: true, isOtherWay: true });
  await watch.begin();
  await watch.end();
  t.deepEqual(done, ['look at firewalls', 'flush', 'look for servers', 'reset']);
});

test('S6: forwarding that somebody ended is mended with the leg, once', async (t) => {
  t.deepEqual(await doneBy({ ended: true }), following);
});

test('D9: another way to a server: what is under way is asked again', async (t) => {
  t.deepEqual(await doneBy({ changed: true, isOtherWay: true }), following.toSpliced(4, 0, 'reset'));
});

test('D9: a jump of time: servers are asked anew before anything else, then the network is looked at', async (t) => {
  t.deepEqual(await doneBy({ jumped: true }), ['reset', ...following]);
});

test('D7: a server that led back to us and is not asked any more is no reason', (t) => {
  const { watch } = watchOver({});
  const loops = watch.reasons.filter(({ code }) => code === 'server-loop');
  t.is(loops.length, 1);
  t.regex(loops[0]?.text ?? '', /192\.0\.2\.53/);
  t.notRegex(loops[0]?.text ?? '', /127\.0\.0\.53/);
});
