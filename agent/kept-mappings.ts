/** The bump's mappings on the disk: read before the first question, written while it is up, and once more when it ends. */
import { join } from 'node:path';
import type { AddressMapper } from '../mapper/address-mapper.ts';
import { linuxFiles } from '../mapper/mapping-file/files.ts';
import { MappingFile } from '../mapper/mapping-file/mapping-file.ts';
import type { MappingTimes } from '../mapper/mapping-times.ts';
import type { Spool } from '../mapper/spool.ts';
import { everySoOften } from './every-so-often.ts';
import type { Log } from './log.ts';
import type { UndoList } from './undo-list.ts';

/** How often a new snapshot may be taken, in milliseconds (M14). */
const SNAPSHOT_MILLISECONDS = 10_000;

/** The file of a spool's mappings in the state directory. What is not as it should be goes to the log. */
export function mappingFile(stateDirectory: string, spool: Spool, times: MappingTimes, log: Log): MappingFile {
  const report = (problem: Error): void => log.warn({ err: problem }, problem.message);
  return new MappingFile({ path: join(stateDirectory, 'mappings'), spool, times, files: linuxFiles, report });
}

/** Gives the mapper what the file has, and from then on the file what the mapper makes. Never rejects. */
export async function keepMappings(file: MappingFile, mapper: AddressMapper, undoing: UndoList): Promise<void> {
  await mapper.restore(file.load());
  undoing.add('write the last mappings', () => file.end());
  await file.begin(mapper);
  undoing.add(
    'stop writing mappings now and then',
    everySoOften(SNAPSHOT_MILLISECONDS, () => void file.tend()),
  );
}
