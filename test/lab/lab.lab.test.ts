/** The lab itself: what it builds works, what it notices is what changed, and nothing of it stays. Needs root. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { Lab } from './lab.ts';
import { lan, pair, routed } from './networks.ts';
import { must, Program } from './program.ts';
import { assertAsBefore } from './snapshot.ts';
import { nodeCommand } from './tools.ts';
import type { Topology } from './topology.ts';

const server = '2001:db8:6::2';

for (const [name, topology] of Object.entries<Topology>({ pair, lan, routed })) {
  test.serial(`${name}: dual reaches host6 by IPv6 and has nobody to talk IPv4 to`, async (t) => {
    await using lab = await Lab.build(topology);
    const dual = lab.host('dual');
    t.regex(await dual.must(['ping', '-c', '1', '-W', '2', server]), /1 received/);
    t.not((await dual.run(['ping', '-c', '1', '-W', '1', '198.51.100.2'])).status, 0);
  });
}

test.serial('a lab is still when it is built: nothing about its hosts changes by itself', async (t) => {
  for (const topology of [pair, lan, routed]) {
    await using lab = await Lab.build(topology);
    const hosts = topology.hosts.filter(({ kind }) => kind !== 'switch').map(({ name }) => lab.host(name));
    const before = await Promise.all(hosts.map((host) => host.snapshot()));
    await setTimeout(1500);
    for (const [index, host] of hosts.entries()) {
      const was = before[index];
      if (was !== undefined) t.deepEqual(await host.differencesSince(was, 0), [], host.name);
    }
  }
});

test.serial('the machine around a lab is untouched, and nothing of the lab stays', async (t) => {
  const machine = async (): Promise<string[]> => [
    await must(['ip', '-o', 'link']),
    await must(['ip', '-4', 'route', 'show', 'table', 'all']),
    await must(['ip', '-6', 'route', 'show', 'table', 'all']),
    await must(['nft', '-s', 'list', 'ruleset']),
    await must(['cat', '/etc/resolv.conf', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/all/forwarding']),
  ];
  const before = await machine();
  const lab = await Lab.build(lan);
  const { namespace } = lab.host('dual');
  const sleeper = lab.host('dual').start(['sleep', '60']);
  t.deepEqual(await machine(), before);
  lab.demolish();
  t.is((await sleeper.ended()).status, undefined);
  t.deepEqual(await machine(), before);
  t.false(fs.existsSync(`/run/netns/${namespace}`) || fs.existsSync(`/etc/netns/${namespace}`));
  t.false(fs.existsSync(lab.directory));
});

test.serial('every host has its own resolv.conf, and the machine keeps its own', async (t) => {
  const machines = fs.readFileSync('/etc/resolv.conf', 'utf8');
  await using lab = await Lab.build(pair);
  t.is(await lab.host('dual').must(['cat', '/etc/resolv.conf']), `nameserver ${server}\n`);
  t.is(await lab.host('host6').must(['cat', '/etc/resolv.conf']), '# no servers\n');
  t.is(fs.readFileSync('/etc/resolv.conf', 'utf8'), machines);
});

test.serial(
  'a lab in which the machine’s own files are changed says so when it has gone, and names them',
  async (t) => {
    const etc = fs.mkdtempSync(path.join(os.tmpdir(), 'bis-etc-'));
    t.teardown(() => fs.rmSync(etc, { recursive: true }));
    const file = (name: string): string => path.join(etc, name);
    const settings = { 'resolv.conf': 'nameserver 192.0.2.53\n', hosts: '', 'other.conf': '', target: '' };
    for (const [name, text] of Object.entries(settings)) fs.writeFileSync(file(name), text);
    fs.symlinkSync('target', file('nsswitch.conf'));
    const changes: [string, () => void][] = [
      ['resolv.conf.new', () => fs.writeFileSync(file('resolv.conf.new'), '')],
      ['resolv.conf', () => fs.writeFileSync(file('resolv.conf'), 'nameserver 192.0.2.54\n')],
      ['resolv.conf, resolv.conf.new', () => fs.renameSync(file('resolv.conf.new'), file('resolv.conf'))],
      ['hosts', () => fs.rmSync(file('hosts'))],
      ['nsswitch.conf', () => fs.writeFileSync(file('target'), 'hosts: dns\n')],
    ];
    for (const [names, change] of changes) {
      const lab = await Lab.build(pair, { etc });
      change();
      const paths = names.split(', ').map(file).join(', ');
      t.throws(() => lab.demolish(), { message: `While a lab stood, somebody changed the machine's own ${paths}` });
      t.false(fs.existsSync(`/run/netns/${lab.host('dual').namespace}`) || fs.existsSync(lab.directory));
    }
    const lab = await Lab.build(pair, { etc });
    fs.writeFileSync(file('other.conf'), 'x');
    t.notThrows(() => lab.demolish());
  },
);

test.serial('a snapshot shows each kind of change, and none when it is undone', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  const before = await dual.snapshot();
  const changes: [string, string[], string[]][] = [
    [
      'addresses',
      ['ip', 'addr', 'add', '192.0.2.9/32', 'dev', 'lo'],
      ['ip', 'addr', 'del', '192.0.2.9/32', 'dev', 'lo'],
    ],
    [
      'routes',
      ['ip', 'route', 'add', '192.0.2.0/24', 'dev', 'lo'],
      ['ip', 'route', 'del', '192.0.2.0/24', 'dev', 'lo'],
    ],
    ['rules', ['ip', 'rule', 'add', 'pref', '99', 'lookup', 'main'], ['ip', 'rule', 'del', 'pref', '99']],
    ['nft', ['nft', 'add', 'table', 'inet', 'x'], ['nft', 'delete', 'table', 'inet', 'x']],
    [
      'sysctls',
      ['sysctl', '-qw', 'net.ipv6.conf.eth0.hop_limit=9'],
      ['sysctl', '-qw', 'net.ipv6.conf.eth0.hop_limit=64'],
    ],
  ];
  for (const [aspect, change, undo] of changes) {
    await dual.must(change);
    const changed = await dual.snapshot();
    t.throws(() => assertAsBefore(before, changed), { message: new RegExp(`^\\+ ${aspect}: `, 'm') });
    await dual.must(undo);
    t.deepEqual(await dual.differencesSince(before), [], aspect);
  }
  const listener = dual.start(['nc.openbsd', '-l', '-p', '9']);
  t.deepEqual((await dual.differencesSince(before)).map((line) => line.slice(0, 11)).sort(), [
    '+ processes',
    '+ sockets: ',
  ]);
  await listener.stop();
  t.deepEqual(await dual.differencesSince(before), []);
});

test.serial('the servers of host6 answer by name over UDP and TCP', async (t) => {
  await using lab = await Lab.build(pair);
  const zone = `${lab.directory}/zone`;
  const texts = Array.from({ length: 9 }, (_, index) => `long.example. 300 IN TXT "${String(index).repeat(200)}"\n`);
  fs.writeFileSync(zone, `six.example. 300 IN AAAA ${server}\n${texts.join('')}`);
  const servers = lab
    .host('host6')
    .start([...nodeCommand('test/lab/servers/serve.ts'), 'http=80', 'echo=7', `dns=53:${zone}`]);
  await servers.says(/ready/);
  const dual = lab.host('dual');
  t.is(await dual.must(['curl', '-sS', 'http://six.example/']), 'Hello over IPv6. You are 2001:db8:6::1.\n');
  t.is((await dual.must(['curl', '-sS', 'http://six.example/bytes/1048577'])).length, 1_048_577);
  t.is(await dual.must(['dig', '+short', '+tcp', 'six.example', 'AAAA']), `${server}\n`);
  t.regex(await dual.must(['dig', '+ignore', 'long.example', 'TXT']), /flags: [^;]* tc/);
  t.is((await dual.must(['dig', '+short', 'long.example', 'TXT'])).split('\n').length, 10);
  t.is(await dual.must(['nc.openbsd', '-N', '-w', '3', 'six.example', '7'], { input: 'over TCP' }), 'over TCP');
  t.is(
    await dual.must(['nc.openbsd', '-u', '-W', '1', '-w', '3', 'six.example', '7'], { input: 'over UDP' }),
    'over UDP',
  );
});

test.serial('several labs stand at once', async (t) => {
  await using first = await Lab.build(pair);
  await using second = await Lab.build(pair);
  t.not(first.host('dual').namespace, second.host('dual').namespace);
  for (const lab of [first, second]) t.regex(await lab.host('dual').must(['ping', '-c', '1', server]), /1 received/);
});

test.serial('a lab that cannot be built leaves nothing', async (t) => {
  const hosts = [{ name: 'dual', routes: [['default', 'via', '2001:db8::1']] }];
  let namespace = '';
  const echo = (line: string): void => {
    namespace ||= /netns add (\S+)/.exec(line)?.[1] ?? '';
  };
  await t.throwsAsync(Lab.build({ hosts, links: [] }, { echo }), { message: 'Cannot build the lab' });
  t.regex(namespace, /-dual$/);
  t.false(fs.existsSync(`/run/netns/${namespace}`) || fs.existsSync(`/etc/netns/${namespace}`));
});

/** A lab in a process of its own, started by the command `before`, and everything it has made on the machine. */
async function standAlone(before: readonly string[] = []): Promise<{ program: Program; made: string[] }> {
  const program = new Program([...before, ...nodeCommand('test/lab/stand.ts'), 'pair']);
  await program.says(/^standing$/m);
  const namespaces = [...program.stdout.matchAll(/netns add (\S+)/g)].map((match) => match[1] ?? '');
  const id = namespaces[0]?.replace(/[^-]+$/, '') ?? '';
  const made = ['/run/netns', '/etc/netns', os.tmpdir()]
    .filter(fs.existsSync)
    .flatMap((folder) => fs.readdirSync(folder).flatMap((name) => (name.startsWith(id) ? [`${folder}/${name}`] : [])));
  return { program, made };
}

test.serial('a lab goes when its process is interrupted', async (t) => {
  const { program, made } = await standAlone();
  t.is(made.length, 5, 'two namespaces, their files, and a directory');
  t.is((await program.stop('SIGINT')).status, 130);
  t.deepEqual(made.filter(fs.existsSync), []);
});

test.serial('a lab that goes because its process is interrupted names what was changed, too', async (t) => {
  const layers = fs.mkdtempSync(path.join(os.tmpdir(), 'bis-etc-'));
  t.teardown(() => fs.rmdirSync(layers));
  // An /etc that can be changed and is nobody else's.
  const ownEtc = `mount -t tmpfs tmpfs ${layers} && cd ${layers} && mkdir upper work && cd "$OLDPWD"
mount -t overlay overlay -o lowerdir=/etc,upperdir=${layers}/upper,workdir=${layers}/work /etc && exec "$@"`;
  const { program } = await standAlone(['unshare', '--mount', 'sh', '-c', ownEtc, 'sh']);
  await must(['nsenter', '--target', `${program.pid}`, '--mount', 'touch', '/etc/resolv.conf.new']);
  const { status, stderr } = await program.stop('SIGINT');
  t.is(stderr, "While a lab stood, somebody changed the machine's own /etc/resolv.conf.new\n");
  t.is(status, 130);
});

test.serial('a lab whose process was killed is removed by the next one', async (t) => {
  const { program, made } = await standAlone();
  await program.stop('SIGKILL');
  t.deepEqual(made.filter(fs.existsSync), made);
  const next = await standAlone();
  t.deepEqual(made.filter(fs.existsSync), []);
  await next.program.stop();
});
