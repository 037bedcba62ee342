/** Options that a daemon is started with, by itself or by `bis up`. */
import { Option } from 'commander';
import { absolute, type InstanceOptions } from './command.ts';

export interface DaemonOptions extends InstanceOptions {
  readonly config?: string;
  readonly stateDir: string;
}

export function configFile(): Option {
  return new Option(
    '--config <file>',
    "read the configuration from this TOML file; 'bis config example' prints one",
  ).argParser(absolute);
}

export function stateDirectory(): Option {
  return new Option('--state-dir <directory>', 'where the daemon keeps what outlives it')
    .default('/var/lib/bis')
    .argParser(absolute);
}
