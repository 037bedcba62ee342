/** A journal that another user wrote, as root reads it: the service's own user must not be able to use root (S11). Needs root. */
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Journal, readJournal } from './journal.ts';
import { currentPlace } from './place.ts';
import { type Action, step } from './step.ts';
import { RecordingHost } from './testing/recording-host.ts';

const force = '/proc/sys/net/ipv6/conf/eth0/force_forwarding';
const rules = { family: 'inet', table: 'fw', chain: 'forward', comment: 'bis' };
const harmless: readonly Action[] = [
  { path: force, text: '0', onlyIf: '1' },
  { nft: 'delete table inet bis_guard' },
  { nft: 'delete table ip bis_guard' },
  { nft: 'delete table ip6 bis_guard' },
  { forgetFlowsOf: 'fd12:3456:789a::/96' },
  { removeRules: rules },
  ['ip', '-6', 'address', 'del', '2001:db8::7/128', 'dev', 'eth0'],
];
const [more, flows] = [{ removeRules: rules }, { forgetFlowsOf: 'fd12:3456:789a::/96' }];
const harmful: readonly Action[] = [
  { nft: 'flush ruleset', ...more },
  { nft: 'flush ruleset', ...flows },
  { path: '/etc/shadow', text: '', kept: '/tmp/x', ...more },
  { path: '/etc/shadow', kept: '/tmp/x', ifBegins: '', ...flows },
  { path: '/etc/shadow', text: '' },
  { path: '/proc/sys/net/ipv6/conf/../../../kernel/core_pattern', text: '|/tmp/x' },
  { path: '/proc/sys/kernel/core_pattern', text: '|/tmp/x', onlyIf: 'core' },
  { path: '/etc/resolv.conf', kept: '/tmp/x', ifBegins: '' },
  { nft: 'flush ruleset' },
  { nft: 'delete table inet bis_guard; flush ruleset' },
  { nft: 'delete table inet bis_guard\nflush ruleset' },
  { nft: 'delete table arp bis_guard' },
  ['ip', 'link', 'del', 'eth0'],
  ['ip', '-6', 'address', 'del', '2001:db8::7/64', 'dev', 'eth0'],
  ['ip', '-6', 'address', 'del', '2001:db8::7/128', 'dev', 'eth0;x'],
  ['ip', '-6', 'address', 'del', '2001:db8::7/128', 'dev', 'eth0', 'x'],
  ['ip', '-6', 'route', 'del', '2001:db8::7/128', 'dev', 'eth0'],
];

test('S11: of what another user wrote down, root does only what that user could have done', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bis-journal-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'journal');
  const actions = [...harmless, ...harmful];
  new Journal(path, currentPlace(), new RecordingHost()).note(
    actions.map((undo, index) => step(`do ${index}`, [], undo)),
  );
  t.is(readJournal(path)?.noted.length, actions.length, 'what root wrote is done as it is');
  chownSync(path, 64_531, 64_531);
  const content = readJournal(path);
  t.deepEqual(
    content?.noted.map(({ title }) => title),
    harmless.map((_, index) => `do ${index}`),
  );
  t.is(content?.damaged, harmful.length);
});
