import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Journal } from '../../install/journal.ts';
import { currentPlace } from '../../install/place.ts';
import { step } from '../../install/step.ts';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { runtimePaths } from '../control/runtime-directory.ts';
import { fakeStatus } from '../testing/fake-agent.ts';
import { bis } from '../testing/run-bis.ts';
import { temporaryDirectory } from '../testing/test-instance.ts';
import { daemonFindings, directoryFinding, journalFinding } from './daemon.ts';
import type { Finding } from './finding.ts';
import { capabilityFindings, kernelFinding, libraryFinding, programFindings, tunFinding } from './machine.ts';
import { uplinkFinding } from './surroundings.ts';

test('kernels are judged by what they have', (t) => {
  const rows: [string, Finding['state'], RegExp][] = [
    ['5.10.0-28-amd64', 'fail', /no nft tables with an owner/],
    ['6.1.0-18-amd64', 'warn', /without offload of UDP \(6\.2\) and forwarding/],
    ['6.12.3', 'warn', /without forwarding without becoming a router/],
    ['6.18.0-rc1', 'pass', /has all/],
    ['7.0.1', 'pass', /has all/],
  ];
  for (const [release, state, text] of rows) {
    const finding = kernelFinding(release);
    t.is(finding.state, state, release);
    t.regex(finding.text, text);
  }
});

test('what is not there is said, with what brings it', async (t) => {
  t.like(tunFinding('/nonexistent/tun'), { state: 'fail', advice: 'modprobe tun' });
  t.is(tunFinding('/dev/null').state, 'pass');
  const broken = libraryFinding(
    'nft-library',
    'libnftables',
    () => {
      throw new Error('no such library');
    },
    'bring it',
  );
  t.like(broken, { state: 'fail', text: 'libnftables cannot be loaded: no such library.', advice: 'bring it' });
  const host = new RecordingHost();
  host.output.set('ip', 'ip utility, iproute2-6.1.0\n');
  host.failing.set('nft', 'not found');
  t.deepEqual(
    (await programFindings(host)).map(({ state, text }) => `${state}: ${text}`),
    ['pass: ip utility, iproute2-6.1.0.', 'fail: The program nft cannot be run.'],
  );
  t.deepEqual(
    capabilityFindings((name) => name === 'CAP_NET_BIND_SERVICE').map(({ state }) => state),
    ['fail', 'pass'],
  );
  t.is(uplinkFinding([], 1500).state, 'fail');
});

test('the daemon’s own reasons are findings, and what a killed one left', (t) => {
  const directory = temporaryDirectory(t);
  const paths = runtimePaths(directory);
  t.is(journalFinding(paths, false).state, 'pass');
  const journal = new Journal(paths.journal, currentPlace(), new RecordingHost());
  journal.note([step('set /x to 1', { path: '/x', text: '1' }, { path: '/x', text: '0', onlyIf: '1' })]);
  t.like(journalFinding(paths, false), { state: 'fail', advice: 'bis restore' });
  t.is(journalFinding(paths, true).state, 'pass', 'it is that of the daemon that runs');
  const reasons = [{ code: 'firewall', text: 'It is closed.', command: 'open it' }];
  t.deepEqual(
    daemonFindings({ ...fakeStatus, state: 'degraded', reasons }).map(({ state, advice }) => [state, advice]),
    [
      ['warn', undefined],
      ['warn', 'open it'],
    ],
  );
  const detached = [{ device: 'eth0', prefix: '2001:db8:1::/64', because: 'fe80::1 does not answer' }];
  t.like(daemonFindings({ ...fakeStatus, detached })[1], {
    code: 'detached',
    state: 'warn',
    text: 'New flows get no source of 2001:db8:1::/64 on eth0, whose routers are gone: fe80::1 does not answer.',
  });
  t.is(daemonFindings(undefined)[0]?.state, 'pass');
  t.is(directoryFinding('state-directory', join(directory, 'not/yet')).state, 'pass');
  mkdirSync(join(directory, 'closed'));
  chmodSync(join(directory, 'closed'), 0o500);
  if (process.geteuid?.() !== 0) t.is(directoryFinding('state-directory', join(directory, 'closed')).state, 'warn');
});

test('the command tells the same as JSON, whoever runs it', async (t) => {
  const directory = temporaryDirectory(t);
  const words = ['--runtime-dir', join(directory, 'run'), '--state-dir', join(directory, 'state')];
  const { code, stdout, stderr } = await bis('doctor', '--json', ...words);
  t.is(stderr, '');
  const { findings } = JSON.parse(stdout) as { findings: { code: string; state: string }[] };
  const states = findings.map(({ state }) => state);
  t.is(code, states.includes('fail') ? 1 : states.includes('warn') ? 4 : 0);
  for (const each of ['kernel', 'tun', 'nft-library', 'ip', 'net-admin', 'state-directory', 'journal', 'daemon']) {
    t.true(
      findings.some((finding) => finding.code === each),
      each,
    );
  }
});
