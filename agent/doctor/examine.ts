/** Everything `bis doctor` looks at, in the order in which it is needed. Changes nothing. */
import { release } from 'node:os';
import { linuxHost } from '../../install/host.ts';
import type { Config } from '../config/config.ts';
import type { Status } from '../control/agent.ts';
import { runtimePaths } from '../control/runtime-directory.ts';
import { drawSelfPrefix, keptSelfPrefix } from '../instance.ts';
import { keptRange } from '../kept-range.ts';
import { daemonFindings, directoryFinding, journalFinding } from './daemon.ts';
import type { Finding } from './finding.ts';
import { capabilityFindings, kernelFinding, libraryFinding, programFindings, tunFinding } from './machine.ts';
import { surroundingFindings } from './surroundings.ts';

export interface Patient {
  readonly config: Config;
  readonly stateDirectory: string;
  readonly runtimeDirectory: string;
  /** What the daemon says; `undefined` when none runs. */
  readonly status: Status | undefined;
}

export async function examine({ config, stateDirectory, runtimeDirectory, status }: Patient): Promise<Finding[]> {
  const host = linuxHost();
  const { Nft } = await import('../../install/nft.ts');
  const isUp = status?.state === 'up' || status?.state === 'degraded';
  const ula = keptSelfPrefix(stateDirectory) ?? drawSelfPrefix();
  const findings = [
    kernelFinding(release()),
    tunFinding(),
    libraryFinding('nft-library', 'libnftables', () => new Nft().close(), 'apt-get install libnftables1'),
    ...(await programFindings(host)),
    ...capabilityFindings(),
    ...(await surroundingFindings(config, ula, host, isUp, keptRange(stateDirectory, config.mapper.spool))),
    directoryFinding('state-directory', stateDirectory),
    directoryFinding('runtime-directory', runtimeDirectory),
    journalFinding(runtimePaths(runtimeDirectory), status !== undefined),
    ...daemonFindings(status),
  ];
  // What the daemon has found itself as well is told once.
  return findings.filter(({ text }, index) => findings.findIndex((other) => other.text === text) === index);
}
