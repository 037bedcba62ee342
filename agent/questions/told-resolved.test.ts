import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { ToldResolved, tellingSteps } from './told-resolved.ts';

const MANAGER =
  'busctl --json=short --auto-start=no --timeout=2 call org.freedesktop.resolve1 /org/freedesktop/resolve1';

test('what systemd-resolved is told, word by word', (t) => {
  t.deepEqual(
    tellingSteps('bis0', 9, '172.21.112.1').map(({ run }) => (run as string[]).join(' ').slice(MANAGER.length)),
    [
      ' org.freedesktop.resolve1.Manager SetLinkDNS ia(iay) 9 1 2 4 172 21 112 1',
      ' org.freedesktop.resolve1.Manager SetLinkDomains ia(sb) 9 1 . true',
      ' org.freedesktop.resolve1.Manager SetLinkDefaultRoute ib 9 true',
      ' org.freedesktop.resolve1.Manager SetLinkDNSOverTLS is 9 no',
      ' org.freedesktop.resolve1.Manager SetLinkDNSSEC is 9 no',
      ' org.freedesktop.resolve1.Manager SetLinkLLMNR is 9 no',
      ' org.freedesktop.resolve1.Manager SetLinkMulticastDNS is 9 no',
    ],
  );
});

test('where systemd-resolved does not run the mode does not start', async (t) => {
  const parts = { device: 'bis0', address: '172.21.112.1', prefix: '172.21.112.0/20', reasons: [] };
  const questions = new ToldResolved({
    ...parts,
    host: new RecordingHost(),
    resolver: { answer: async () => undefined },
  });
  await t.throwsAsync(questions.refresh(), { message: 'Cannot ask systemd-resolved over D-Bus' });
  t.deepEqual(questions.servers(), []);
  await questions.withdraw();
  await questions.close();
});
