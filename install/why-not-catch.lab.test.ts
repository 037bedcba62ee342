/** Whether questions can be caught, asked of the kernel that would do it. Needs root. */
import test from 'ava';
import { Lab } from '../test/lab/lab.ts';
import { pair } from '../test/lab/networks.ts';
import { whyNotCatch } from './table.ts';
import { raiseTables } from './testing/bump.ts';
import { namespaceHost } from './testing/namespace.ts';
import { RecordingHost } from './testing/recording-host.ts';
import { settings } from './testing/settings.ts';

/** The chains that only questions pass; those of IPv4 come later, where they are needed. */
const forQuestions = ['pass', 'pass', 'caught', 'snoop'];

test.serial('a kernel that can says nothing, and nothing is changed', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  const before = await dual.snapshot();
  t.is(await whyNotCatch(namespaceHost(dual.namespace), settings), undefined);
  t.deepEqual(await dual.differencesSince(before), []);
});

test.serial('what a kernel says that cannot is the reason', async (t) => {
  const host = new RecordingHost();
  host.failing.set('nft --check', 'Error: Could not process rule: Operation not supported\nct original zone set');
  t.is(await whyNotCatch(host, settings), 'Error: Could not process rule: Operation not supported');
  const [asked = ''] = host.done;
  const [, four = '', six = ''] = asked.split(/(?=table )/);
  t.regex(four, /^table ip bis_check \{[\s\S]*nat hook output/);
  t.regex(six, /^table ip6 bis_check \{[\s\S]*nat hook output/);
});

test.serial('without catching the table has no hook for questions, and the rest of it', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  const chains = async (): Promise<string[]> =>
    [...(await dual.must(['nft', 'list', 'chains'])).matchAll(/chain (\w+)/g)].map(([, name]) => name ?? '');
  const whole = raiseTables(dual.namespace);
  const all = await chains();
  whole.close();
  const rest = raiseTables(dual.namespace, { ...settings, catches: false });
  t.deepEqual(
    all.filter((name) => forQuestions.includes(name)),
    forQuestions,
  );
  t.deepEqual(
    await chains(),
    all.filter((name) => !forQuestions.includes(name)),
  );
  rest.close();
});
