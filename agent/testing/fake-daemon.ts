/**
 * A daemon with a fake agent, run by the tests of `bis up` in the place of `bis daemon`: takes its runtime directory,
 * the state that `up` is to reach, and optionally how to misbehave before it answers.
 */
import { openControl } from '../control/server.ts';
import { FakeAgent } from './fake-agent.ts';

const [runtimeDirectory = '', reaches = 'up', misbehaviour = ''] = process.argv.slice(2);

if (misbehaviour === 'dies') {
  console.log(JSON.stringify({ level: 30, msg: 'starting' }));
  console.log(
    JSON.stringify({ level: 60, msg: 'Cannot start', err: { message: 'Cannot open /dev/net/tun\u001b[2J' } }),
  );
  process.exit(1);
}
if (misbehaviour === 'hangs') setInterval(() => {}, 1000);
else {
  const agent = new FakeAgent();
  agent.reaches = reaches === 'degraded' || reaches === 'down' ? reaches : 'up';
  if (reaches !== 'up') {
    agent.because = [
      { code: 'forward-drop', text: 'The chain FORWARD drops what bis0 forwards', command: 'nft add rule x' },
    ];
  }
  const control = await openControl({ runtimeDirectory, agent });
  const end = async (): Promise<void> => {
    await control.close();
    process.exit(0);
  };
  agent.onStop = end;
  process.once('SIGTERM', end);
}
