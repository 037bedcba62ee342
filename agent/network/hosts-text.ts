/** The hosts file (hosts(5)) as it is now, read only when it has changed. Looking costs some microseconds. */
import { readFileSync, statSync } from 'node:fs';

export const HOSTS = '/etc/hosts';
/** Our own choice, octets: the longest lists of blocked names have 10 million. */
const LONGEST = 32 * 1024 * 1024;

/** A function that gives the text of the file; the empty one for a file that is not there, no file, or too long. */
export function hostsText(file: string): () => string {
  let seen = '';
  let text = '';
  return () => {
    try {
      const status = statSync(file, { bigint: true });
      const identity = `${status.dev} ${status.ino} ${status.size} ${status.mtimeNs} ${status.ctimeNs}`;
      if (identity !== seen) {
        seen = identity;
        text = status.isFile() && status.size <= LONGEST ? readFileSync(file, 'utf8') : '';
      }
    } catch {
      // Gone, or not ours to read: the C library finds nothing in it either.
      seen = '';
      text = '';
    }
    return text;
  };
}
