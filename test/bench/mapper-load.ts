/**
 * What it takes to load mappings (M14), in a process that does nothing else: `mapper.ts` bundles this program, as what is
 * installed is bundled, and runs it. `node mapper-load.mjs FILE LENGTH`
 */
import { mapperOver, spoolOf, tell } from './million.ts';
import { watched } from './watched.ts';

/** Megabytes of memory this process has, the program and its garbage included. */
function resident(): string {
  return `${Math.round(process.memoryUsage.rss() / 1e6)} MB`;
}

const [path = '', length = ''] = process.argv.slice(2);
tell('resident, without a mapping', resident());
const { mapper, file } = mapperOver(spoolOf(Number(length)), path);
const figure = await watched(() => mapper.restore(file.load()));
tell('load', `${figure}, for ${mapper.use.used} mappings`);
tell('resident, loaded', resident());
