/** One runtime directory, two network namespaces: what `up` and `status` make of it. */
import test from 'ava';
import { networkNamespace } from '../control/network-namespace.ts';
import { fakeStatus } from '../testing/fake-agent.ts';
import { statusText } from './status-text.ts';
import { refuseOtherNamespace } from './up.ts';

test('a daemon of another network namespace is taken for ours only by who names its directory', (t) => {
  const elsewhere = { ...fakeStatus, networkNamespace: 'net:[1]' };
  t.regex(networkNamespace(), /^net:\[\d+\]$/);
  t.notThrows(() => refuseOtherNamespace(fakeStatus, '/run/bis'));
  t.notThrows(() => refuseOtherNamespace(elsewhere, '/run/other'));
  t.throws(() => refuseOtherNamespace(elsewhere, '/run/bis'), {
    message: /serves another network namespace; start one/,
  });
  const line = '  (it serves another network namespace)';
  t.true(statusText(elsewhere, Date.now()).includes(line));
  t.false(statusText(fakeStatus, Date.now()).includes(line));
});
