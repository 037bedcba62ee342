/** Tables that are kept, by the kernel that keeps them: nobody's while we live but ours, and there when we are dead. Needs root. */
import os from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { Lab } from '../test/lab/lab.ts';
import type { LabHost } from '../test/lab/lab-host.ts';
import { pair } from '../test/lab/networks.ts';
import { guardCommands, guardedCommands } from './guard.ts';
import { Nft } from './nft.ts';
import { canKeep } from './nft-kept.ts';
import { inNamespace } from './testing/namespace.ts';
import { settings } from './testing/settings.ts';

const kept = { ...settings, keeps: true };
const rules = (host: LabHost): Promise<string> => host.must(['nft', '-s', 'list', 'ruleset']);
const context = ({ namespace }: LabHost): Nft => inNamespace(namespace, () => new Nft());
const deletions = ['delete table ip bis_guard', 'delete table ip6 bis_guard'];

/** Makes the guard, which guards eth0. Throws where the kernel does not keep it. */
function makeGuard(nft: Nft): void {
  nft.run(guardCommands(kept));
  nft.run(guardedCommands(kept, ['eth0']));
}

/** On a kernel that keeps nothing: it says so, and nothing is left of it. */
async function refuses(t: ExecutionContext, dual: LabHost): Promise<void> {
  const nft = context(dual);
  t.throws(() => makeGuard(nft), { message: /^Cannot make the nft table ip bis_guard: E/ });
  nft.close();
  t.is(await rules(dual), '');
}

test.serial('S5: the kernels of which it is said keep tables, and the others say that they do not', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  if (!canKeep(os.release())) return refuses(t, dual);
  const nft = context(dual);
  t.notThrows(() => makeGuard(nft));
  t.regex(await rules(dual), /comment "of bis: goes when/);
  nft.close();
  for (const deletion of deletions) await dual.must(['nft', deletion]);
  return t.is(await rules(dual), '');
});

test.serial('S6: nobody else can flush, change or delete the guard that is kept', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  if (!canKeep(os.release())) return refuses(t, dual);
  const nft = context(dual);
  makeGuard(nft);
  const before = await rules(dual);
  for (const part of [/iifname @forced .*drop/, /elements = \{ "eth0" \}/, /hook postrouting/]) t.regex(before, part);
  await dual.must(['nft', 'flush', 'ruleset']);
  for (const command of [
    ...deletions,
    'flush table ip6 bis_guard',
    'flush chain ip bis_guard leak',
    'flush set ip6 bis_guard forced',
    'add rule ip6 bis_guard forward accept',
  ]) {
    const { status, stderr } = await dual.run(['nft', command]);
    t.is(status, 1, command);
    t.regex(stderr, /Operation not permitted/);
  }
  const other = context(dual);
  t.throws(() => makeGuard(other), { message: /^Cannot make the nft table ip bis_guard: EPERM$/ });
  other.close();
  t.is(await rules(dual), before);
  nft.close();
  for (const deletion of deletions) await dual.must(['nft', deletion]);
  return t.is(await rules(dual), '');
});

test.serial(
  'S5: it stays when its owner is dead, whoever comes next makes it anew, and anybody can delete it',
  async (t) => {
    if (!canKeep(os.release())) return t.pass('there is none');
    await using lab = await Lab.build(pair);
    const dual = lab.host('dual');
    const chains = async (): Promise<string[]> =>
      (await rules(dual)).split('\n').filter((line) => /chain|hook|drop/.test(line));
    const first = context(dual);
    makeGuard(first);
    const whole = await chains();
    first.close();
    t.deepEqual(await chains(), whole, 'nobody lives');
    await dual.must(['nft', 'add rule ip6 bis_guard leak accept comment "of somebody else"']);
    const second = context(dual);
    makeGuard(second);
    t.deepEqual(await chains(), whole);
    t.notRegex(await rules(dual), /somebody else/);
    second.close();
    for (const deletion of deletions) await dual.must(['nft', deletion]);
    return t.is(await rules(dual), '');
  },
);

test.serial('S5: a table of that name that is none of ours gives way, as where nothing is kept', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  if (!canKeep(os.release())) return refuses(t, dual);
  await dual.must(['nft', 'add table ip6 bis_guard; add table inet bis_guard']);
  const nft = context(dual);
  t.notThrows(() => makeGuard(nft));
  nft.close();
  for (const deletion of deletions) await dual.must(['nft', deletion]);
  return t.is(await rules(dual), '');
});
