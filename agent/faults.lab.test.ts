/** A start on a host that does not let it: a full disk, a directory nobody can write, `ip` and `nft` that fail. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { bis } from '../test/lab/tools.ts';
import { type DaemonScene, fetches, setDaemonScene } from './testing/daemon-scene.ts';

let scene: DaemonScene;
let before: Snapshot;
test.before(async () => {
  scene = await setDaemonScene();
  before = await scene.dual.snapshot();
});
test.after.always(() => scene?.lab.demolish());

/** Shell commands in a mount namespace of their own, then the daemon; resolves to what it says when it does not start. */
async function refusal(t: ExecutionContext, ...prepare: string[]): Promise<string> {
  const { directory } = scene.lab;
  const run = `${bis} daemon --state-dir "$D/s" --runtime-dir "$D/r"`;
  const script = ['set -e', ...prepare, `timeout -s TERM 10 ${run}`].join('\n');
  const { status, stdout, stderr } = await scene.dual.run([
    'env',
    `D=${directory}`,
    'unshare',
    '-m',
    'sh',
    '-c',
    script,
  ]);
  t.is(status, 1, stdout + stderr);
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
  return stdout + stderr;
}

const full = (name: string): string =>
  `mkdir -p "$D/${name}"; mount -t tmpfs -o size=64k,mode=755 none "$D/${name}"; head -c 1M /dev/zero > "$D/${name}/full" || true`;

test.serial('S5: a runtime directory on a full disk is told, and nothing is left', async (t) => {
  t.regex(await refusal(t, full('r')), /Cannot write \S+\/r\/lock: ENOSPC/);
});

test.serial(
  'S12: a state directory on a full disk, or one that cannot be written, keeps nobody from translating',
  async (t) => {
    const { dual, lab, agent } = scene;
    for (const [word, prepare] of [
      ['full', full('dual-state')],
      ['read-only', 'mkdir -p "$D/dual-state"; mount -t tmpfs -o ro none "$D/dual-state"'],
    ]) {
      const directories = ['--state-dir', `${lab.directory}/dual-state`, '--runtime-dir', `${lab.directory}/dual-run`];
      const script = `${prepare}; exec ${[bis, 'daemon', ...directories].join(' ')}`;
      const daemon = dual.start(['env', `D=${lab.directory}`, 'unshare', '-m', 'sh', '-c', script]);
      const deadline = performance.now() + 10_000;
      while ((await agent.status())?.state !== 'up' && performance.now() < deadline) await fetches(scene);
      t.is(await fetches(scene), 'yes', word);
      t.regex(daemon.stderr, /Cannot keep the self prefix/);
      t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
      t.deepEqual(await dual.differencesSince(before, 1000), []);
    }
  },
);

/** Puts a script in the place of a program, for the daemon alone: it fails when its arguments match. */
function failing(name: string, pattern: string): string {
  const real = ['/usr/sbin', '/sbin', '/usr/bin', '/bin']
    .map((folder) => path.join(folder, name))
    .find((file) => fs.existsSync(file));
  return `cp ${real} "$D/${name}-real"
printf '%s\\n' '#!/bin/sh' 'case "$*" in ${pattern}) echo "no $* today" >&2; exit 1;; esac' "exec $D/${name}-real \\"\\$@\\"" > "$D/${name}"
chmod +x "$D/${name}"; mount --bind "$D/${name}" "$(readlink -f ${real})"`;
}

for (const [name, pattern, words] of [
  ['ip', '"-4 address replace"*', /Cannot give bis0 the address 172\.21\.112\.1.*no -4 address replace/],
  ['ip', '"-6 route replace"*', /Cannot route fd\S+ to bis0/],
  ['nft', '*"list chains"*', /no -j list chains today/],
] as const) {
  test.serial(`S5: \`${name}\` that fails at ${pattern} is told, and nothing is left`, async (t) => {
    t.regex(await refusal(t, failing(name, pattern)), words);
  });
}

test.serial('S5: without the TUN device nothing is done', async (t) => {
  t.regex(await refusal(t, 'mount --bind /dev/null /dev/net/tun'), /Cannot .*(TUN|\/dev\/net\/tun|bis0)/i);
});

test.serial('a dry run says what would be done, and does nothing', async (t) => {
  const directories = ['--state-dir', `${scene.lab.directory}/s3`, '--runtime-dir', `${scene.lab.directory}/r3`];
  const { status, stdout, stderr } = await scene.dual.run([bis, 'daemon', '--dry-run', ...directories]);
  t.is(status, 0, stderr);
  t.regex(stdout, /^set \/proc\/sys\/net\/ipv6\/conf\/eth0\/force_forwarding to 1\n {2}do .*\n {2}undo /m);
  t.regex(stdout, /^set \/proc\/sys\/net\/ipv6\/conf\/bis0\/force_forwarding to 1$/m);
  t.regex(stdout, /^take questions in mode snoop$/m);
  t.deepEqual(await scene.dual.differencesSince(before, 0), []);
  t.false(fs.existsSync(`${scene.lab.directory}/s3`));
});
