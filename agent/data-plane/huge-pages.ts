/**
 * Large pages for the mapping table (madvise(2)). Of a million mappings nearly every packet finds another one, and the
 * processor would have to look up where its page is before it waits for the mapping itself.
 */
import { addressOf, libc } from './libc.ts';

/** From asm-generic/mman-common.h. */
const MADV_HUGEPAGE = 14;
/** The size of a large page on x86-64 and arm64; what madvise takes begins at a small one, of at most this size. */
const LARGE = 0x20_0000;

/**
 * Asks for large pages where whole ones fit into the first `octets` of memory. Returns whether the kernel took note; without
 * them it is only slower.
 */
export function preferHugePages(memory: SharedArrayBuffer, octets = memory.byteLength): boolean {
  const start = addressOf(new Uint8Array(memory));
  const first = Math.ceil(start / LARGE) * LARGE;
  const length = Math.floor((start + octets - first) / LARGE) * LARGE;
  return length > 0 && libc.madvise(first, length, MADV_HUGEPAGE) === 0;
}
