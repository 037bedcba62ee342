/** A NAT64 that routers announce (RFC 8781): its addresses are never mapped, as long as it is announced. Needs root. */
import path from 'node:path';
import test from 'ava';
import { pair } from '../test/lab/networks.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';
import { finds } from './testing/resolved-scene.ts';

const PREFIX = '2001:db8:64::';
const NAME = 'translated.example';
const announce = path.join(import.meta.dirname, 'testing/announce-nat64.py');

let scene: DaemonScene;
test.before(async () => {
  scene = await setDaemonScene(pair, `${NAME}. 300 IN AAAA ${PREFIX}c000:201\n`);
  await scene.agent.start();
});
test.after.always(() => scene?.lab.demolish());

const says = (seconds: number): Promise<string> =>
  scene.host6.must(['python3', announce, 'eth0', PREFIX, String(seconds)]);
const found = (name: string): Promise<string> => finds(scene, ['dig'], name);

test.serial('what a NAT64 has made is not mapped while a router announces it, and explained', async (t) => {
  t.is(await found(NAME), 'synthesized', 'nobody has said what that is');
  await says(600);
  t.is(await settlesAt(() => found(NAME), 'nothing'), 'nothing');
  t.is(await found('six.example'), 'synthesized', 'others are mapped as before');
  t.regex((await scene.agent.tell('explain', NAME)).stdout, /2001:db8:64::c000:201.*NAT64 of this network/);
  await says(0);
  t.is(await settlesAt(() => found(NAME), 'synthesized'), 'synthesized', 'taken back');
});
