/** The packets that fuzzing kept are translated, refused or dropped as they were when they were kept. */
import test from 'ava';
import { parsePacket } from '../../translator/packet-text.ts';
import { bump } from '../reference/bump.ts';
import { readCorpus, settings } from './scene.ts';

test('ROBUST: every packet of the corpus has the verdict it had', (t) => {
  const corpus = readCorpus();
  t.true(corpus.length > 50);
  for (const { verdict, line } of corpus) {
    const { octets, offload } = parsePacket(line);
    t.is(bump(octets, offload, settings).verdict, verdict as never, line);
  }
});
