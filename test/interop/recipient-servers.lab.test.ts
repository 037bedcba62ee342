/**
 * Servers that Debian ships, told to know IPv4 only, and a peer that reaches them over IPv6: OpenSSH, lighttpd, vsftpd.
 * Needs root and the unpacked packages.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { pair } from '../lab/networks.ts';
import type { Program } from '../lab/program.ts';
import { toolCommand, unpackedRoot } from '../lab/tools.ts';
import type { Topology } from '../lab/topology.ts';
import { endProbeScene, type ProbeScene, setProbeScene } from './probe-scene.ts';
import { sshEtc, sshOptions, startSshServer } from './ssh-server.ts';

const DUAL = '2001:db8:6::1';
const TEXT = 'A page of an IPv4-only server.\n';
/** The spool address of the peer. */
const SEEN_AS = '10.170.160.1';
/** Where vsftpd listens for the data of one transfer each. */
const PASSIVE = [50_000, 50_009] as const;

/** Both servers want a user of their own. */
const etc = { ...sshEtc, passwd: `${sshEtc.passwd}ftp:x:65532:65534::/:/usr/sbin/nologin\n` };

const topology: Topology = {
  ...pair,
  hosts: pair.hosts.map((host) => (host.name === 'dual' ? { ...host, etc: { ...host.etc, ...etc } } : host)),
};

let scene: ProbeScene;
const servers: Program[] = [];
let files = '';

test.before(async () => {
  scene = await setProbeScene(topology, { host: 'host6', device: 'eth0' });
  files = path.join(scene.lab.directory, 'served');
  fs.mkdirSync(files);
  fs.writeFileSync(path.join(files, 'page.txt'), TEXT);
  fs.writeFileSync(path.join(files, 'large'), Buffer.alloc(50_000_000, 7));
  servers.push(await startSshServer(scene.lab, scene.dual, 'inet'), startWebServer(), startFtpServer());
  for (const port of ['80', '21']) await listens(port);
});
test.after.always(() => scene?.lab.demolish());

/** Writes a file into the lab's directory; returns its path. */
function config(name: string, lines: readonly string[]): string {
  const file = path.join(scene.lab.directory, name);
  fs.writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

function startWebServer(): Program {
  const lines = [`server.document-root = "${files}"`, 'server.port = 80', 'server.bind = "0.0.0.0"'];
  const modules = path.join(unpackedRoot, 'usr/lib/lighttpd');
  const log = [
    'server.modules = ("mod_accesslog")',
    `accesslog.filename = "${path.join(scene.lab.directory, 'access')}"`,
  ];
  const file = config('lighttpd.conf', [...lines, ...log]);
  return scene.dual.start([...toolCommand('lighttpd'), '-D', '-m', modules, '-f', file]);
}

function startFtpServer(): Program {
  const empty = path.join(scene.lab.directory, 'empty');
  fs.mkdirSync(empty);
  const file = config('vsftpd.conf', [
    'listen=YES',
    'background=NO',
    'anonymous_enable=YES',
    'no_anon_password=YES',
    'nopriv_user=ftp',
    `anon_root=${files}`,
    `secure_chroot_dir=${empty}`,
    `pasv_min_port=${PASSIVE[0]}`,
    `pasv_max_port=${PASSIVE[1]}`,
    'seccomp_sandbox=NO',
  ]);
  return scene.dual.start([...toolCommand('vsftpd'), file]);
}

/** Waits until something listens on a port of `dual`. */
async function listens(port: string): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    if ((await scene.dual.must(['ss', '-Hlnt4', 'sport', '=', `:${port}`])) !== '') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Nothing listens on port ${port}: ${servers.map(({ stderr }) => stderr).join('\n')}`);
}

const expose = (...ports: string[]): Promise<unknown> => scene.agent.tell('expose', ...ports);
const curl = (...words: string[]): string[] => ['curl', '-sS', '-6', '-g', '--max-time', '20', ...words];

test.serial('the servers know IPv4 only, and a peer is refused before they are exposed', async (t) => {
  t.is(await scene.dual.must(['ss', '-Hlnt6', 'sport', '<=', ':80']), '');
  t.not((await scene.host6.run(curl(`http://[${DUAL}]/page.txt`))).status, 0);
});

test.serial('lighttpd: a page and 50 MB', async (t) => {
  await expose('tcp/80');
  t.is(await scene.host6.must(curl(`http://[${DUAL}]/page.txt`)), TEXT);
  const large = await scene.host6.must(curl('-o', '/dev/null', '-w', '%{size_download}', `http://[${DUAL}]/large`));
  t.is(large, '50000000');
  t.regex(fs.readFileSync(path.join(scene.lab.directory, 'access'), 'utf8'), new RegExp(`^${SEEN_AS} `, 'm'));
});

test.serial('OpenSSH: a login and a command', async (t) => {
  await expose('tcp/22');
  const command = 'echo from $SSH_CLIENT';
  const said = await scene.host6.must(['ssh', '-6', ...sshOptions(scene.lab), `root@${DUAL}`, command]);
  t.true(said.startsWith(`from ${SEEN_AS} `), said);
});

test.serial('vsftpd: control connections pass; extended passive data where its ports are exposed', async (t) => {
  await expose('tcp/21');
  const quit = curl('--head', '-v', `ftp://[${DUAL}]/`);
  t.regex((await scene.host6.run(quit)).stderr, /^< 230 Login successful/m);
  const get = curl(`ftp://[${DUAL}]/page.txt`);
  t.not((await scene.host6.run(get)).status, 0, 'data ports are not exposed yet');
  await expose(`tcp/${PASSIVE[0]}-${PASSIVE[1]}`);
  t.is(await scene.host6.must(get), TEXT);
});

test.serial('vsftpd: what carries addresses in its text is not helped: PASV and EPRT fail', async (t) => {
  const passive = await scene.host6.run(['python3', '-c', passiveClient, DUAL, 'PASV']);
  // The address it names is of no use to anybody else, and an IPv6 client has no use for any IPv4 address.
  t.regex(passive.stdout, /^227 .*\(172,21,112,1,/m);
  const active = await scene.host6.run(['python3', '-c', passiveClient, DUAL, 'EPRT |2|2001:db8:6::2|40000|']);
  t.regex(active.stdout, /^5\d\d /m);
});

const passiveClient = `
import socket, sys
opened = socket.create_connection((sys.argv[1], 21), 5)
lines = opened.makefile("rw", newline="\\r\\n")
lines.readline()
for command in ("USER anonymous", "PASS x", sys.argv[2]):
    lines.write(command + "\\r\\n")
    lines.flush()
    said = lines.readline()
print(said)
`;

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  for (const server of servers) await server.stop();
  t.deepEqual(await endProbeScene(scene), []);
});
