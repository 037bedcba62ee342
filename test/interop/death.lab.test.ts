/** What happens when the agent is killed under load: nothing stays, and it starts again (S5). Needs root. */
import test from 'ava';
import { names, places, server } from './network.ts';
import { type Scene, setScene } from './scene.ts';

const ROUNDS = 20;

/** What has to be as it was within a second, whoever else is running: all but processes. */
const own = ['addresses', 'routes', 'rules', 'nft', 'sysctls', 'resolvConf', 'sockets'] as const;

let scene: Scene;
test.before(async () => {
  scene = await setScene(places.ipv6, 'dnsmasq');
});
test.after.always(() => scene?.lab.demolish());

/** Loads the bump with TCP in both directions and returns once it flows. The port keeps rounds apart. */
async function load(port: number): Promise<() => Promise<void>> {
  const common = ['-p', String(port), '--forceflush'];
  const server = scene.host6.start(['iperf3', '-s', '-1', ...common]);
  await server.says(/listening on/);
  const client = scene.dual.start(['iperf3', '-4', '-c', names.six, '--bidir', '-t', '30', '-i', '0.1', ...common]);
  await client.says(/bits\/sec/);
  return async () => {
    await Promise.all([server.stop('SIGKILL'), client.stop('SIGKILL')]);
  };
}

test.serial(
  `S5: ${ROUNDS} times kill -9 under load: nothing of it is left within 1 s, bis up works again`,
  async (t) => {
    t.timeout(180_000);
    const { dual, agent, before } = scene;
    for (let round = 1; round <= ROUNDS; round++) {
      const up = await agent.up();
      t.is(up.status, 0, `round ${round}: ${up.stdout}${up.stderr}`);
      const page = await dual.must(['curl', '-sS', '-4', '--max-time', '5', `http://${names.six}/`]);
      t.regex(page, /You are 2001:db8:6::1/, `round ${round}`);
      const unload = await load(5300 + round);
      const pid = (await agent.status())?.pid ?? Number.NaN;
      process.kill(pid, 'SIGKILL');
      t.deepEqual(await dual.differencesSince(before, 1000, own), [], `round ${round}`);
      await unload();
    }
  },
);

test.serial('S8a: no packet with a ULA or a spool address was on the uplink while it died', async (t) => {
  t.deepEqual((await scene.watch.end()).leaks, []);
});

test.serial('S5: questions go to the server again as soon as it is dead', async (t) => {
  const { dual } = scene;
  t.is(await dual.must(['dig', '+short', '+time=1', '+tries=1', names.six, 'AAAA']), `${server.ipv6}\n`);
  t.is(await dual.must(['dig', '+short', '+time=1', '+tries=1', names.six, 'A']), '');
});
