import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { signalProgram } from './signal-program.ts';

const isRoot = process.geteuid?.() === 0;

/** A process that runs a copy of a program under this name, with this mode; what ended it can be waited for. */
async function running(
  t: ExecutionContext,
  name: string,
  mode = 0o755,
): Promise<{ pid: number; ended: Promise<string> }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bis-signal-'));
  const file = path.join(folder, name);
  fs.copyFileSync('/bin/sleep', file);
  fs.chmodSync(file, mode);
  const child = spawn(file, ['60']);
  t.teardown(() => {
    child.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });
  await new Promise((resolve) => child.once('spawn', resolve));
  // Until it has become the other program it is a copy of this one.
  while (fs.readlinkSync(`/proc/${child.pid}/exe`) !== fs.realpathSync(file)) await sleep(10);
  const ended = new Promise<string>((resolve) => child.once('exit', (_, signal) => resolve(signal ?? 'by itself')));
  return { pid: child.pid ?? 0, ended };
}

test('E16: the program is signalled that runs under this name', async (t) => {
  const { pid, ended } = await running(t, 'dnsmasq');
  if (!isRoot) {
    // Others than root own what an ordinary user has copied.
    t.throws(() => signalProgram(pid, 'dnsmasq', 'SIGHUP'), { message: /others than root/ });
    return;
  }
  signalProgram(pid, 'dnsmasq', 'SIGHUP');
  t.is(await ended, 'SIGHUP');
});

test('E16: also after an update has removed it', async (t) => {
  const { pid, ended } = await running(t, 'dnsmasq');
  fs.rmSync(fs.readlinkSync(`/proc/${pid}/exe`));
  if (!isRoot) {
    t.throws(() => signalProgram(pid, 'dnsmasq', 'SIGHUP'), { message: /others than root/ });
    return;
  }
  signalProgram(pid, 'dnsmasq', 'SIGHUP');
  t.is(await ended, 'SIGHUP');
});

test('S11: another program, one that others can write, and nobody are not signalled', async (t) => {
  const other = await running(t, 'unbound');
  t.throws(() => signalProgram(other.pid, 'dnsmasq', 'SIGHUP'), { message: /it runs .*unbound, not dnsmasq/ });
  const open = await running(t, 'dnsmasq', 0o775);
  t.throws(() => signalProgram(open.pid, 'dnsmasq', 'SIGHUP'), { message: /others than root can write/ });
  t.throws(() => signalProgram(2 ** 22 + 1, 'dnsmasq', 'SIGHUP'), { code: 'ENOENT' });
  for (const { pid } of [other, open]) t.notThrows(() => process.kill(pid, 0));
});
