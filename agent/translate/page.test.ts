/** That docs/translate.md shows what is so: its examples are run. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { formatAnswer, JsonLines } from './json-lines.ts';
import { outcomeText } from './outcome-text.ts';
import { PacketTranslator } from './packet-translator.ts';
import { parseSettings } from './settings.ts';

const page = readFileSync(new URL('../../docs/translate.md', import.meta.url), 'utf8');

/** The output of a command in the page. */
function shown(command: string): string {
  const [, after = ''] = page.split(`$ ${command}\n`);
  return after.split(/\n(?=\$ |```)/)[0] ?? '';
}

const settings = parseSettings(shown('cat config.json'));

test('the line that is shown has the answer that is shown', (t) => {
  const answer = new JsonLines(settings).answer(shown('cat packets.jsonl'));
  t.is(formatAnswer(answer), shown('bis translate --config config.json < packets.jsonl'));
});

test('the packets that are shown become what is shown', (t) => {
  const text = shown('bis translate --config config.json --text --pcap in.pcap');
  const translator = new PacketTranslator(settings);
  const packet = new PacketBuffer();
  const blocks = [...text.matchAll(/^(\d+) {2}(.*)$/gm)].map(([, number, line = '']) => {
    parseIntoPacketBuffer(line, packet);
    return outcomeText(Number(number), packet, translator.translate(packet));
  });
  t.is(blocks.length, 4);
  t.is(blocks.flat().join('\n'), text);
});

test('every key is on the page', (t) => {
  const table = page.slice(page.indexOf('## Configuration'), page.indexOf('## Captures'));
  const named = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '));
  const all = Object.fromEntries(named.map((key) => [key, null]));
  t.notThrows(() => parseSettings(JSON.stringify(all)));
  t.is(named.length, 14);
});
