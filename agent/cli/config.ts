/** `bis config`: the configuration file, without a daemon. */
import type { Command } from 'commander';
import { absolute, finish, print } from './command.ts';
import { exitCode, exitCodeHelp } from './exit-code.ts';

export function addConfig(program: Command): void {
  const config = program.command('config').summary('print or check a configuration file');
  config
    .helpCommand(false)
    .description('Prints or checks a configuration file. Needs no daemon.')
    .addHelpText('after', exitCodeHelp);
  config
    .command('example')
    .description('Print a configuration file with every key, its meaning and its default.')
    .addHelpText('after', exitCodeHelp)
    .action(() =>
      finish(async () => {
        const { exampleConfig } = await import('../config/example.ts');
        process.stdout.write(exampleConfig());
        return exitCode.DONE;
      }),
    );
  config
    .command('check')
    .description('Print everything that is wrong with a configuration file, one problem a line.')
    .argument('<file>', 'a TOML file', absolute)
    .addHelpText('after', exitCodeHelp)
    .action((file: string) =>
      finish(async () => {
        const { readConfigFile } = await import('../config/parse-config.ts');
        readConfigFile(file);
        print([`${file} is good`]);
        return exitCode.DONE;
      }),
    );
}
