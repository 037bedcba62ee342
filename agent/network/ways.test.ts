import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { straying } from './ways.ts';

const parts = { device: 'bis0', spool: '10.170.160.0/20', ula: 'fd00:b15::/96', uplinks: ['eth0'] };

/** A host on which packets go these ways. */
function hostWith(ways: { spool?: string; ula?: string; usual?: string; ours?: string }, first = 5210): RecordingHost {
  const host = new RecordingHost();
  const print = (device: string | undefined): string => (device === undefined ? '' : JSON.stringify([{ dev: device }]));
  host.output.set('ip -j -4 route get 10.170.160.0', print(ways.spool));
  host.output.set('ip -j -6 route get fd00:b15:: from 2001:db8::1 iif eth0', print(ways.ula));
  host.output.set('ip -j -6 route get 2001:db8::1 from fd00:b15:: iif bis0', print(ways.ours));
  host.output.set('ip -j -6 route get 2001:db8::1', print(ways.usual));
  for (const family of ['-4', '-6']) {
    const rules = [0, first, 32_766].map((priority) => ({ priority, src: 'all', table: 'x' }));
    host.output.set(`ip -j ${family} rule show`, JSON.stringify(rules));
  }
  return host;
}

const straight = { spool: 'bis0', ula: 'bis0', usual: 'wg0', ours: 'wg0' };

test('packets that go where they have to are no reason, nor is a host without a way out', async (t) => {
  t.deepEqual(await straying(hostWith(straight), parts), []);
  t.deepEqual(await straying(hostWith({ spool: 'bis0', ula: 'bis0' }), parts), []);
});

test('what a rule leads elsewhere is told, with the rule that mends it', async (t) => {
  const host = hostWith({ ...straight, spool: 'tailscale0', ula: 'tailscale0' });
  t.deepEqual(
    (await straying(host, parts)).map(({ code, command }) => [code, command]),
    [
      ['routed-away', 'ip -4 rule add to 10.170.160.0/20 lookup main suppress_prefixlength 0 priority 5209'],
      ['routed-away', 'ip -6 rule add to fd00:b15::/96 lookup main suppress_prefixlength 0 priority 5209'],
    ],
  );
  const [nowhere] = await straying(hostWith({ ula: 'bis0' }, 1), parts);
  t.regex(nowhere?.text ?? '', /are sent nowhere instead of bis0/);
  t.is(nowhere?.command, undefined, 'no rule can come before the first');
});

test('translated packets that go another way than those of programs are told', async (t) => {
  const [reason] = await straying(hostWith({ ...straight, ours: 'eth0' }), parts);
  t.is(reason?.code, 'other-way');
  t.regex(reason?.text ?? '', /sent to eth0, and those of programs to wg0/);
});
