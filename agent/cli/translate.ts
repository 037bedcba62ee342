/** `bis translate`: the translator as a tool, without device, daemon or root. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Settings } from '../translate/settings.ts';
import { absolute, complain, finish, print } from './command.ts';
import { type ExitCode, exitCode, exitCodeHelp } from './exit-code.ts';
import { printable } from './text.ts';

const about = `
Translates packets and prints what would be sent. Reads JSON lines from standard input and writes one for each:
{"id": 1, "packet": "hex", "config": {…}} becomes {"id": 1, "verdict": …, "reason": …, "out": [{"to": …, "packet": "hex"}]}.
The direction is that of the packet's version; a configuration holds until another comes.`;

/** The most octets of a line: a packet of any length, and tables of some 100,000 explicit mappings. */
const LONGEST_LINE = 1 << 24;

interface TranslateOptions {
  readonly config?: string;
  readonly pcap?: readonly string[];
  readonly text?: boolean;
}

export function addTranslate(program: Command): void {
  program
    .command('translate')
    .summary('translate packets from standard input or a capture')
    .description(about.trim().replaceAll('\n', ' '))
    .option('--config <file>', 'a JSON file with the configuration to begin with', absolute)
    .option('--pcap <files...>', 'IN.pcap OUT.pcap: translate a capture into another')
    .option('--text', 'print packets, verdicts and what is sent as text; with --pcap, OUT.pcap may be left out')
    .addHelpText('after', exitCodeHelp)
    .action((options: TranslateOptions) => finish(() => translate(options)));
}

async function translate({ config, pcap, text = false }: TranslateOptions): Promise<ExitCode> {
  const settings = await settingsFrom(config);
  if (settings === undefined) return exitCode.USAGE;
  if (pcap === undefined) return translateLines(settings, text);
  const [input = '', output, ...more] = pcap;
  if (more.length > 0 || (output === undefined && !text)) {
    complain('--pcap takes two files, IN.pcap and OUT.pcap');
    return exitCode.USAGE;
  }
  return translateFile(input, output, settings, text);
}

/** The configuration to begin with; `undefined`, after saying why, if the file is none. */
async function settingsFrom(file: string | undefined): Promise<Settings | undefined> {
  const { parseSettings, readSettings, SettingsError } = await import('../translate/settings.ts');
  if (file === undefined) return readSettings({});
  try {
    return parseSettings(readFileSync(file, 'utf8'));
  } catch (error) {
    const isRead = error instanceof SettingsError;
    if (!isRead && !(error instanceof Error && 'syscall' in error)) throw error;
    complain(isRead ? `${file}: ${error.message}` : `${file}: cannot be read (${error.message})`);
    return undefined;
  }
}

async function translateLines(settings: Settings, asText: boolean): Promise<ExitCode> {
  const { formatAnswer, JsonLines } = await import('../translate/json-lines.ts');
  const { linesOf } = await import('../translate/lines.ts');
  const { otherText, outcomeText } = await import('../translate/outcome-text.ts');
  const json = new JsonLines(settings);
  let count = 0;
  for await (const lines of linesOf(process.stdin, LONGEST_LINE)) {
    const answers = lines.flatMap((line) => {
      count++;
      const answer =
        typeof line === 'symbol'
          ? { id: null, error: `The line is longer than ${LONGEST_LINE} octets` }
          : json.answer(line);
      if (!asText) return [formatAnswer(answer)];
      if ('error' in answer) return otherText(count, printable(answer.error));
      return outcomeText(count, json.packet, answer.outcome);
    });
    await printAll(answers);
  }
  return exitCode.DONE;
}

async function translateFile(
  input: string,
  output: string | undefined,
  settings: Settings,
  asText: boolean,
): Promise<ExitCode> {
  const { CaptureError } = await import('../translate/capture/format.ts');
  const { translateCapture } = await import('../translate/capture/translate-capture.ts');
  try {
    const { reasons, sent } = await translateCapture({
      input,
      settings,
      ...(output === undefined ? {} : { output }),
      ...(asText ? { tell: printAll } : {}),
    });
    if (!asText) print([...[...reasons].map(([reason, count]) => `${count} ${reason}`), `${sent} packets sent`]);
    return exitCode.DONE;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    complain(error.message);
    return exitCode.FAILED;
  }
}

/** Prints, and waits while the reader is slower. */
async function printAll(lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  if (!process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain');
}
