/** `bis doctor`: everything that was seen and concluded, with what to do where something is not as it should be. */
import type { Command } from 'commander';
import type { Status } from '../control/agent.ts';
import { ControlError } from '../control/control-error.ts';
import type { Finding } from '../doctor/finding.ts';
import { asJson, finish, instanceCommand, print } from './command.ts';
import { configFile, type DaemonOptions, stateDirectory } from './daemon-options.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { json, printable } from './text.ts';

const about = `
Looks at everything bis depends on, says what it sees and concludes from it, and what to do where something is not as it
should be. Works with a running daemon and without one, and changes nothing. The exit status is 0 when all is well, 4
with warnings, 1 when bis cannot work here.`;

export function addDoctor(program: Command): void {
  instanceCommand(program, 'doctor', 'look for what keeps it from working, and say what to do', about)
    .addOption(configFile())
    .addOption(stateDirectory())
    .addOption(asJson())
    .action((options: DaemonOptions & { json?: true }) => finish(() => doctor(options)));
}

async function doctor({
  runtimeDir,
  stateDir,
  config: file,
  json: isJson,
}: DaemonOptions & { json?: true }): Promise<ExitCode> {
  const { defaultConfig, readConfigFile } = await import('../config/parse-config.ts');
  const config = file === undefined ? defaultConfig() : readConfigFile(file);
  const { examine } = await import('../doctor/examine.ts');
  const status = await statusOf(runtimeDir);
  const findings = await examine({ config, stateDirectory: stateDir, runtimeDirectory: runtimeDir, status });
  print(isJson === true ? [json({ findings })] : findings.flatMap(findingLines));
  if (findings.some(({ state }) => state === 'fail')) return exitCode.FAILED;
  return findings.some(({ state }) => state === 'warn') ? exitCode.DEGRADED : exitCode.DONE;
}

function findingLines({ code, state, text, advice }: Finding): string[] {
  const line = `${state.padEnd(4)}  ${code.padEnd(17)}  ${text}`;
  return [printable(line), ...(advice === undefined ? [] : [printable(`      ${' '.repeat(17)}  > ${advice}`)])];
}

async function statusOf(runtimeDirectory: string): Promise<Status | undefined> {
  const { ControlClient } = await import('../control/client.ts');
  try {
    return await new ControlClient(runtimeDirectory).status();
  } catch (error) {
    if (error instanceof ControlError) return undefined;
    throw error;
  }
}
